/**
 * Shows what the check of a new backbone found: agreement with onnxruntime, its size, the roles of
 * its layers, and doubtful roles.
 */
import type { BackboneCheck } from "../../worker/protocol";
import { count } from "../ui/format";

export function BackboneCheckView({ check }: { check: BackboneCheck }) {
  const roles = new Map<string, number>();
  for (const layer of check.info.layers)
    roles.set(layer.role || "no role", (roles.get(layer.role || "no role") ?? 0) + 1);
  const error = check.relativeError;
  const acceptable = check.info.tolerance;
  return (
    <dl className="facts small check" data-testid="backbone-check">
      <dt>Against onnxruntime</dt>
      <dd>
        relative error {error.toExponential(1)}
        {error > acceptable ? ", larger than it should be" : ""}
      </dd>
      <dt>Parameters</dt>
      <dd>
        {count(check.info.parameters)}, {check.featureWidth} features
      </dd>
      <dt>Layers found</dt>
      <dd>{[...roles].map(([role, n]) => `${role} × ${n}`).join(", ") || "none"}</dd>
      {check.info.warnings.length > 0 && (
        <>
          <dt>Doubtful</dt>
          <dd>{check.info.warnings.join("; ")}</dd>
        </>
      )}
      {(error > acceptable || acceptable > 1e-3) && (
        <>
          <dt>Note</dt>
          <dd>{check.note}</dd>
        </>
      )}
    </dl>
  );
}
