/**
 * How PEFT 0.21 finds modules by name, for tests: `check_target_module_exists` of
 * tuners/tuners_utils.py, and `_check_target_module_feedforward` of tuners/ia3/model.py.
 */

type Names = string | readonly string[];

const matchesWhole = (module: string, pattern: string) => new RegExp(`^(?:${pattern})$`).test(module);

/** Whether `target_modules` names the module. */
export const peftTargets = (module: string, targets: Names): boolean =>
  typeof targets === "string"
    ? matchesWhole(module, targets)
    : targets.some((name) => module === name || module.endsWith(`.${name}`));

/** Whether IA3's `feedforward_modules` names the module. The end of a name needs no dot here. */
export const peftFeedforward = (module: string, feedforward: Names): boolean =>
  typeof feedforward === "string"
    ? matchesWhole(module, feedforward)
    : feedforward.some((name) => module.endsWith(name));
