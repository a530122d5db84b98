/**
 * A person opens a folder and a table. The import stores what fits and reports what does not, and a
 * mistake loses nothing.
 */
import { appendFile, copyFile, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { DataPage } from "./pages/data-page";
import { drawDataset } from "./support/drawing";
import { expect, test } from "./support/fixtures";

test("columns are suggested and the dataset survives a reload", async ({ page, folder }) => {
  const drawn = await drawDataset(folder);
  const data = new DataPage(page);
  await data.open();
  await data.openFolder(drawn.images);
  await data.openTable(drawn.table);
  await expect(page.getByRole("combobox", { name: "Image column" })).toHaveValue("file");
  await expect(page.getByRole("combobox", { name: "Patient column" })).toHaveValue("patient");
  await data.choose("Outcome", "outcome");
  await data.importButton.click();
  await expect(page.getByText("40 of 40 rows")).toBeVisible();
  expect(await data.figure("Matched")).toBe(40);
  await page.reload();
  await expect(page.getByText("40 images · 20 patients").first()).toBeVisible();
});

test("patients and the positive class are suggested with their reasons, and a person can change both", async ({
  page,
  folder,
}) => {
  const drawn = await drawDataset(folder, { outcome: (patient) => (patient % 2 === 0 ? "1" : "2") });
  const table = (await readFile(drawn.table, "utf8")).replace("patient", "record_id").replace(",P0,", ",p0,");
  await writeFile(drawn.table, table);
  const data = new DataPage(page);
  await data.open();
  await data.openFolder(drawn.images);
  await data.openTable(drawn.table);
  const patients = page.getByRole("combobox", { name: "Patient column" });
  await expect(patients).toHaveValue("record_id");
  await expect(page.getByText("Suggested: 20 values, 2 images each")).toBeVisible();
  await expect(page.getByTestId("positive-reason")).toContainText("some write it as 1. Please confirm it.");
  await page.getByRole("radiogroup", { name: "Positive class" }).getByText("1", { exact: true }).click();
  await expect(page.getByTestId("positive-reason")).toContainText("Your choice.");
  await data.choose("Patient", "");
  await expect(page.getByText("record_id looks like the patient: 20 values")).toBeVisible();
  await data.choose("Patient", "File name up to its first number");
  await data.choose("Patient", "record_id");
  await data.importButton.click();
  await expect(page.getByText("40 images · 20 patients").first()).toBeVisible();
  await expect(page.getByRole("row", { name: "1 positive" })).toBeVisible();
  await expect(page.getByText("1 patient has more than one spelling, such as “P0” (1 image)")).toBeVisible();
});

test("a table whose names match nothing is refused with the remedy, and another table helps", async ({
  page,
  folder,
}) => {
  const wrong = await drawDataset(folder, { nameInTable: (name) => `scan_${name}.dcm` });
  const data = new DataPage(page);
  await data.open();
  await data.openFolder(wrong.images);
  await data.openTable(wrong.table);
  await data.choose("Image", "file");
  await expect(page.getByText("No value of this column names an opened image")).toBeVisible();
  await expect(data.importButton).toBeDisabled();
  const right = await drawDataset(folder);
  await data.openTable(right.table);
  await data.choose("Image", "file");
  await data.choose("Outcome", "outcome");
  await expect(data.importButton).toBeEnabled();
});

test("an outcome with one class is refused before anything is stored", async ({ page, folder }) => {
  const drawn = await drawDataset(folder, { patients: 6, outcome: () => "mild" });
  const data = new DataPage(page);
  await data.open();
  await data.openFolder(drawn.images);
  await data.openTable(drawn.table);
  await data.choose("Outcome", "outcome");
  await expect(page.getByText("fewer than two values")).toBeVisible();
  await expect(data.importButton).toBeDisabled();
});

test("unreadable images and missing files are listed by name, and the rest is imported", async ({ page, folder }) => {
  const drawn = await drawDataset(folder, { patients: 8 });
  await writeFile(join(drawn.images, drawn.names[0]), "this is no picture");
  await appendFile(drawn.table, "nowhere.png,P99,mild\n");
  const data = new DataPage(page);
  await data.open();
  await data.importDataset(drawn.images, drawn.table);
  await page.getByText(/^Unreadable images: 1$/).click();
  await expect(page.getByText(drawn.names[0]).first()).toBeVisible();
  await page.getByText(/^Rows whose image was not found: 1$/).click();
  await expect(page.getByText("nowhere.png").first()).toBeVisible();
  await expect(page.getByText("15 images · 8 patients").first()).toBeVisible();
});

test("of several tables in the folder the one that names the images is used, and a text is no table", async ({
  page,
  folder,
}) => {
  const drawn = await drawDataset(folder, { patients: 8 });
  await copyFile(drawn.table, join(drawn.images, "outcomes.txt"));
  await writeFile(join(drawn.images, "centres.csv"), "centre,beds\nNorth,12\nSouth,8\n");
  await writeFile(join(drawn.images, "README.txt"), "Images of the study.\nDrawn for a test, in order of patient.\n");
  await writeFile(join(drawn.images, "Thumbs.db"), "x");
  // Only the name changes; the content is still a PNG.
  await rename(join(drawn.images, drawn.names[0]), join(drawn.images, drawn.names[0].replace("png", "jfif")));
  const data = new DataPage(page);
  await data.open();
  await data.openFolder(drawn.images);
  await expect(page.getByText("outcomes.txt was chosen from 2 tables: 16 of its 16 rows")).toBeVisible();
  await expect(page.getByText(/16 images opened from .*, 1 other file left out/)).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Outcome column" })).toHaveValue("outcome");
  await data.importButton.click();
  await expect(page.getByText("16 of 16 rows")).toBeVisible();
});
