/** Computes a function once per argument, for as long as the argument lives. */

/** @param compute its result depends on the object alone, which nobody changes afterwards */
export function remembered<K extends object, V>(compute: (key: K) => V): (key: K) => V {
  const results = new WeakMap<K, { value: V }>();
  return (key) => {
    const known = results.get(key) ?? { value: compute(key) };
    results.set(key, known);
    return known.value;
  };
}
