/** Starts the page: first the network counter, then the stores, then the screen. */
import "./styles/mantine.css";
import "./styles/base.css";
import "./styles/shell.css";
import "./styles/ui.css";
import "./styles/data.css";
import { createRoot } from "react-dom/client";
import { App } from "./app";
import { loadDatasets } from "./state/datasets";
import { loadEnvironment } from "./state/environment";
import { watchNetwork } from "./state/network";
import { attempt } from "./state/notices";
import { loadPlans } from "./state/plans";
import { loadRecords } from "./state/records";
import { loadSelfTest } from "./state/self-test";
import { provideServices, type Services } from "./state/services";

export function startApp(services: Services, root: HTMLElement): void {
  provideServices(services);
  watchNetwork();
  history.scrollRestoration = "manual";
  attempt(() => loadDatasets());
  attempt(loadPlans);
  attempt(loadRecords);
  attempt(loadEnvironment);
  attempt(loadSelfTest);
  createRoot(root).render(<App />);
}
