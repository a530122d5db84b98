/**
 * Roles that a manifest corrects, and patterns of module paths: "layers.*.fc1" stands for fc1 of
 * every block.
 */
import { RadaptError } from "../../base/error";

/** Replaces numbers in a module path by `*`: "blocks.3.mlp.fc1" → "blocks.*.mlp.fc1". */
export const patternOf = (module: string) => module.replace(/(^|\.)\d+(?=\.|$)/g, "$1*");

/**
 * A regular expression in which `*` stands for one part of a module path, and `**` for one or more
 * parts.
 */
function expressionOf(pattern: string): RegExp {
  const parts = pattern.split(".").map((part) =>
    part === "**"
      ? ".+"
      : part
          .split("*")
          .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
          .join("[^.]+"),
  );
  return new RegExp(`^${parts.join("\\.")}$`);
}

/** Role by pattern of modules or parameters. Later patterns win. */
export type RoleCorrections = Readonly<Record<string, string>>;

interface Named {
  role: string;
  module: string;
  name?: string;
}

const fitting = <T extends Named>(items: readonly T[], pattern: string) => {
  const expression = expressionOf(pattern);
  return items.filter((i) => expression.test(i.module) || (i.name !== undefined && expression.test(i.name)));
};

/**
 * Sets the roles of the items that match a pattern.
 *
 * @returns these items
 */
export function correctRoles<T extends Named>(items: readonly T[], corrections: RoleCorrections): T[] {
  return Object.entries(corrections).flatMap(([pattern, role]) => {
    const found = fitting(items, pattern);
    for (const item of found) item.role = role;
    return found;
  });
}

/** @throws RadaptError `model.roles` for a pattern that matches nothing */
export function assertUsed(items: readonly Named[], corrections: RoleCorrections): void {
  const idle = Object.keys(corrections).find((pattern) => fitting(items, pattern).length === 0);
  if (idle === undefined) return;
  throw new RadaptError("A role is given to modules that the backbone does not have.", {
    code: "model.roles",
    where: `roles, "${idle}"`,
    expected: [...new Set(items.map((i) => patternOf(i.module)))].slice(0, 20).join(", ") || "a module's path",
    got: idle,
    remedy: "Write the module's path as `radapt inspect` prints it; * stands for one part of it.",
  });
}
