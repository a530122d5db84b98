/**
 * Tests on each centre in turn, with models that have not seen it: how well a method carries over
 * to another hospital. The validation images come from the other centres, since early stopping on
 * images of the tested centre would leak.
 */
import { z } from "zod";
import { RadaptError } from "../../base";
import { classNamesOf, type SplitImage, sortedByName } from "../folds";
import { defineProtocol, type PartImages, type SplitDataset } from "./protocol";
import { divideByShares } from "./shares";
import { validationInWords, validationShare } from "./validation-share";

const config = z.object({ validationShare: validationShare("the images of the other centres") });

const byName = new Intl.Collator("en", { numeric: true });

const centresOf = (dataset?: SplitDataset): string[] =>
  [...new Set(dataset?.images.flatMap(({ centre }) => centre ?? []))].sort(byName.compare);

export default defineProtocol({
  id: "leave-one-centre-out",
  label: "Leave one centre out",
  noun: "centre",
  config,
  describe: ({ validationShare: share }) =>
    `one centre left out at a time, ${validationInWords(share, "the other centres")}`,
  parts: (_, dataset) => centresOf(dataset),
  reads: "centre",
  check: assertCentres,
  cautions: centreCautions,
  title: (centre) => centre,
  partLabel: (centre) => `centre ${centre}`,
  divide: (dataset, { validationShare: share }, seed, centre) => divideByCentre(dataset, share, seed, centre),
  overlap: ({ validationShare: share }, parts) => 1 / ((parts - 1) * (1 - share)),
  repeatable: false,
  moreTraining: "a smaller share for validation",
});

/**
 * A patient with images in the tested centre and elsewhere is tested alone: the patient's other
 * images are left out.
 */
function divideByCentre({ images, classes }: SplitDataset, share: number, seed: number, centre: string): PartImages {
  const test = sortedByName(images.filter((image) => image.centre === centre));
  const tested = new Set(test.map(({ patient }) => patient));
  const [train, validation] = divideByShares({
    images: images.filter(({ patient }) => !tested.has(patient)),
    classNames: classNamesOf(images, classes),
    shares: [1 - share, share],
    seed,
    stream: `leave-one-centre-out/${centre}`,
    where: `the patients outside the test centre ${centre}`,
  });
  return { train, validation, test };
}

/** @throws RadaptError `centres.none`, `centres.missing` or `centres.one` */
function assertCentres({ images }: SplitDataset): void {
  const without = images.filter(({ centre }) => centre === undefined);
  if (without.length === images.length) {
    throw new RadaptError("The dataset has no column of centres.", {
      code: "centres.none",
      expected: "a centre for every image",
      remedy:
        "Import the table again and choose its centre column under “More columns”, " +
        'or name it in a plan file: "centre" among the columns.',
    });
  }
  if (without.length > 0) {
    throw new RadaptError("Some images have no centre.", {
      code: "centres.missing",
      where: listedCentres(without.map(({ name }) => name)),
      expected: "a centre for every image",
      got: `${without.length} images without one`,
      remedy: "Fill in their centre in the table, or take their rows out, and import it again.",
    });
  }
  const centres = centresOf({ images });
  if (centres.length > 1) return;
  throw new RadaptError("All images come from one centre.", {
    code: "centres.one",
    expected: "at least two centres",
    got: `only ${centres[0]}`,
    remedy: "Choose another centre column, or another split such as k-fold.",
  });
}

function centreCautions(dataset: SplitDataset): string[] {
  const { images } = dataset;
  const classes = classNamesOf(images, dataset.classes);
  const lacking = centresOf(dataset).flatMap((centre) => {
    const own = new Set(images.filter((image) => image.centre === centre).map(({ label }) => label));
    const missing = classes.filter((_, c) => !own.has(c));
    if (missing.length === 0) return [];
    const names = missing.map((name) => `“${name}”`).join(" and ");
    return [
      `Centre ${centre} has no image of ${names}: it is tested, ` +
        "but metrics that need every class are undefined there and left out of the mean.",
    ];
  });
  const shared = patientsOfSeveral(images);
  if (shared.length === 0) return lacking;
  const have = shared.length === 1 ? "1 patient has" : `${shared.length} patients have`;
  return [
    ...lacking,
    `${have} images in several centres (${listedCentres(shared)}): ` +
      "where one of these centres is tested, their other images are left out of training.",
  ];
}

function patientsOfSeveral(images: readonly SplitImage[]): string[] {
  const first = new Map<string, string | undefined>();
  const several = new Set<string>();
  for (const { patient, centre } of images) {
    if (!first.has(patient)) first.set(patient, centre);
    else if (first.get(patient) !== centre) several.add(patient);
  }
  return [...several].sort(byName.compare);
}

const listedCentres = (names: readonly string[]) => names.slice(0, 5).join(", ") + (names.length > 5 ? ", …" : "");
