/** Says what Radapt is, and what it is not. */

export function About() {
  return (
    <div className="stack">
      <p>
        Radapt compares pretrained vision backbones and fine-tuning methods on your own images: it trains in this
        browser, on the graphics card through WebGPU or else on the processor, keeps everything in this browser's
        storage, and draws tables and charts from what it stored.
      </p>
      <p>
        <strong>Research use only.</strong> It is not a medical device: its figures describe methods on a dataset, are
        not validated for any patient, and no care may depend on them.
      </p>
      <p className="dim">
        Images are opened, never sent: the only requests are for Radapt's own files, and for a backbone when you give
        its address.
      </p>
      <p className="dim">
        Radapt is free software under the Apache License 2.0. It contains other people's work:{" "}
        <a href="third-party-licences.txt">licences of the packages in it</a>.
      </p>
    </div>
  );
}
