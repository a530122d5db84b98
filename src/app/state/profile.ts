/**
 * The profile of a training step: the choice, the running profile, and the last report of this
 * session.
 */
import { createStore } from "zustand/vanilla";
import { detailsOf, type ErrorDetails } from "../../base";
import type { ProfileChoice, ProfileReport, Progress } from "../../worker/protocol";
import { wasCancelled } from "./notices";
import { services } from "./services";

export interface ProfileState {
  status: "idle" | "running" | "cancelling";
  progress: Progress | null;
  /** The last report, with the name of the backbone. */
  report: (ProfileReport & { backbone: string }) | null;
  error: ErrorDetails | null;
}

export const initialProfile: ProfileState = { status: "idle", progress: null, report: null, error: null };

export const profileStore = createStore<ProfileState>(() => initialProfile);

/** @param backbone name of the backbone */
export async function startProfile(choice: ProfileChoice, backbone: string): Promise<void> {
  profileStore.setState({ status: "running", progress: null, error: null });
  try {
    const report = await services().worker.profile(choice, (progress) => profileStore.setState({ progress }));
    profileStore.setState({ report: { ...report, backbone } });
  } catch (error) {
    if (!wasCancelled(error)) profileStore.setState({ error: detailsOf(error) });
  }
  profileStore.setState({ status: "idle", progress: null });
}

export async function cancelProfile(): Promise<void> {
  profileStore.setState({ status: "cancelling" });
  await services().worker.abort();
}
