/** The Data screen without any dataset: open images of one's own, or run the demo. */
import { Button } from "@mantine/core";
import { IconPlayerPlay } from "@tabler/icons-react";
import { useStore } from "zustand";
import { formats } from "../../data/formats";
import { openingStore } from "../state/opening";
import { Panel } from "../ui/panel";
import { OpenControls } from "./open-controls";
import classes from "./start.module.css";

export function Start({ onDemo }: { onDemo: () => void }) {
  const importing = useStore(openingStore, (s) => s.phase === "importing");
  return (
    <div className="columns even">
      <Panel title="Your images">
        <div className="stack">
          <p>
            A folder of {formats.labels("image")} images, and a {formats.labels("table")} with one row per image: its
            file name, its outcome and, if there is one, its patient. They are opened in this tab and go nowhere else.
          </p>
          <OpenControls />
          <table className={`data-table ${classes.sample}`}>
            <caption>The CSV may have any columns; you choose which ones count.</caption>
            <thead>
              <tr>
                <th scope="col">filename</th>
                <th scope="col">patientid</th>
                <th scope="col">went_icu</th>
              </tr>
            </thead>
            <tbody>
              <tr>
                <td>p012_a.png</td>
                <td>p012</td>
                <td>Y</td>
              </tr>
              <tr>
                <td>p012_b.png</td>
                <td>p012</td>
                <td>Y</td>
              </tr>
              <tr>
                <td>p013_a.png</td>
                <td>p013</td>
                <td>N</td>
              </tr>
            </tbody>
          </table>
          <p className="dim small">Folder, images and CSV can also be dropped anywhere on this page.</p>
        </div>
      </Panel>
      <Panel title="No images at hand" note={<span className="tag synthetic">synthetic</span>}>
        <div className="stack">
          <p>
            The demo draws chest-like phantoms whose outcome depends on where and how large an opacity is, then compares
            two fine-tuning methods on the backbone that comes with Radapt. Nothing is downloaded; it takes about a
            minute.
          </p>
          <div>
            <Button
              variant="filled"
              leftSection={<IconPlayerPlay size={15} aria-hidden />}
              disabled={importing}
              onClick={onDemo}
            >
              Run the demo
            </Button>
          </div>
          <p>What happens then, and with your own images later:</p>
          <ol className={classes.way}>
            <li>
              <strong>Data.</strong> Images and outcomes are matched and checked, and kept in this browser.
            </li>
            <li>
              <strong>Plan.</strong> Backbones × methods × amount of training data × folds × seeds make a list of runs.
            </li>
            <li>
              <strong>Results.</strong> Each run trains on this machine; table and charts fill in as runs finish.
            </li>
          </ol>
        </div>
      </Panel>
    </div>
  );
}
