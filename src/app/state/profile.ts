/** The profile of a training step: what to profile, the one under way, and the last report of this session. */
import { createStore } from "zustand/vanilla";
import { messageOf } from "../../base";
import type { ProfileChoice, ProfileReport, Progress } from "../../worker/protocol";
import { wasCancelled } from "./notices";
import { services } from "./services";

export interface ProfileState {
  status: "idle" | "running" | "cancelling";
  progress: Progress | null;
  /** With the name of the backbone. */
  report: (ProfileReport & { backbone: string }) | null;
  error: string | null;
}

export const initialProfile: ProfileState = { status: "idle", progress: null, report: null, error: null };

export const profileStore = createStore<ProfileState>(() => initialProfile);

/** @param backbone its name */
export async function startProfile(choice: ProfileChoice, backbone: string): Promise<void> {
  profileStore.setState({ status: "running", progress: null, error: null });
  try {
    const report = await services().worker.profile(choice, (progress) => profileStore.setState({ progress }));
    profileStore.setState({ report: { ...report, backbone } });
  } catch (error) {
    const message = messageOf(error);
    if (!wasCancelled(message)) profileStore.setState({ error: message });
  }
  profileStore.setState({ status: "idle", progress: null });
}

export async function cancelProfile(): Promise<void> {
  profileStore.setState({ status: "cancelling" });
  await services().worker.abort();
}
