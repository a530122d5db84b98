/** The records of the chosen scope, which change while runs finish. */
import { useEffect, useState } from "react";
import { useStore } from "zustand";
import { backbonesStore, ensureBackbones } from "../state/backbones";
import { datasetsStore } from "../state/datasets";
import { attempt } from "../state/notices";
import { plansStore } from "../state/plans";
import { queueStore } from "../state/queue";
import { recordsStore } from "../state/records";
import { selectionStore } from "../state/selection";
import { chosenScope, type RecordScope, type ScopedRecords, scopedRecords, scopes } from "./scopes";

interface Scoped {
  all: RecordScope[];
  scope: RecordScope | undefined;
  /** Null while the records load, or if the plan's data are no longer stored; see `gone`. */
  scoped: ScopedRecords | null;
  gone: boolean;
}

export function useScoped(): Scoped {
  useEffect(() => attempt(ensureBackbones), []);
  const records = useStore(recordsStore, (s) => s.records);
  const audit = useStore(recordsStore, (s) => s.audit);
  const plans = useStore(plansStore, (s) => s.plans);
  const datasets = useStore(datasetsStore, (s) => s.datasets);
  const backbones = useStore(backbonesStore, (s) => s.backbones);
  const running = useStore(queueStore, (s) => s.planId);
  const wanted = useStore(selectionStore, (s) => s.scope);
  const all = scopes(plans, records);
  const scope = chosenScope(all, wanted, running);
  const id = scope?.id;
  const [state, setState] = useState<{ id?: string; scoped: ScopedRecords | null; gone: boolean }>({
    scoped: null,
    gone: false,
  });
  useEffect(() => {
    let stale = false;
    if (!id) return setState({ id, scoped: null, gone: false });
    scopedRecords(id, records, plans, datasets, backbones, audit)
      .catch(() => null)
      .then((scoped) => {
        if (!stale) setState({ id, scoped, gone: scoped === null });
      });
    return () => {
      stale = true;
    };
  }, [id, records, plans, datasets, backbones, audit]);
  return state.id === id ? { all, scope, ...state } : { all, scope, scoped: null, gone: false };
}
