/** The simulated studies of `npm run simulate`: small clinical data, as many as a hospital has. */
import { type Coverage, simulateCoverage } from "./coverage";
import { usualWorld, type World } from "./patients";
import type { Design } from "./study";

export interface Cell {
  name: string;
  world: World;
  design: Design;
}

const samples = [
  { patients: 30, images: 30 },
  { patients: 60, images: 60 },
  { patients: 75, images: 248 },
];
const designs = [
  { folds: 3, repeats: 1, seeds: 1 },
  { folds: 5, repeats: 1, seeds: 1 },
  { folds: 5, repeats: 1, seeds: 3 },
  { folds: 5, repeats: 1, seeds: 10 },
  { folds: 5, repeats: 5, seeds: 1 },
  { folds: 10, repeats: 1, seeds: 1 },
];

const cellOf = (world: World, design: Design): Cell => {
  const { patients, images, prevalence, methods } = world;
  const { folds, repeats, seeds, regime } = design;
  const data = regime === "full" ? "" : `, ${"shots" in regime ? regime.shots : 0}-shot`;
  const name =
    `${patients} patients, ${images} images, ${100 * prevalence} %${data}, ` +
    `${repeats} × ${folds} folds, ${seeds} ${seeds === 1 ? "seed" : "seeds"}, ${methods} methods`;
  return { name, world, design };
};

/** A class needs a patient for every fold. */
const isPossible = ({ world, design }: Cell): boolean => Math.round(world.patients * world.prevalence) >= design.folds;

export const cells: readonly Cell[] = samples
  .flatMap((sample) =>
    [0.15, 0.3].flatMap((prevalence) => [
      ...designs.map((design) => cellOf({ ...usualWorld, ...sample, prevalence }, { ...design, regime: "full" })),
      ...[4, 10].map((methods) =>
        cellOf({ ...usualWorld, ...sample, prevalence, methods }, { folds: 5, repeats: 5, seeds: 1, regime: "full" }),
      ),
      ...[1, 8].map((shots) =>
        cellOf({ ...usualWorld, ...sample, prevalence }, { folds: 5, repeats: 5, seeds: 1, regime: { shots } }),
      ),
    ]),
  )
  .filter(isPossible);

export const simulateCell = ({ world, design }: Cell, metrics: readonly string[], studies: number): Coverage[] =>
  simulateCoverage(world, design, metrics, { studies });
