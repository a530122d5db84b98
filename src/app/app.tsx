/** The application: frame, routes, dialogs. */
import { MantineProvider } from "@mantine/core";
import { lazy, Suspense, useEffect } from "react";
import { Route, Router, Switch, useLocation } from "wouter";
import { useHashLocation } from "wouter/use-hash-location";
import { DataScreen } from "./screens/data-screen";
import { Dialogs } from "./shell/dialogs";
import { Header } from "./shell/header";
import { Notices } from "./shell/notices";
import { QueueDrawer } from "./shell/queue-drawer";
import { StatusBar } from "./shell/status-bar";
import { theme } from "./theme";

const PlanScreen = lazy(() => import("./screens/plan-screen"));
const SelfTestScreen = lazy(() => import("./screens/self-test-screen"));
const ProfileScreen = lazy(() => import("./screens/profile-screen"));
const ResultsScreen = lazy(() => import("./screens/results-screen"));

/** A new step begins at its top. */
function ScrollToTop() {
  const [location] = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the location is what it waits for
  useEffect(() => {
    // In braces: newer browsers give a promise, which an effect may not return.
    window.scrollTo(0, 0);
  }, [location]);
  return null;
}

export function App() {
  return (
    <MantineProvider theme={theme} defaultColorScheme="auto">
      <Router hook={useHashLocation}>
        <ScrollToTop />
        <div className="shell">
          <button type="button" className="skip" onClick={() => document.getElementById("page")?.focus()}>
            Skip to the page
          </button>
          <Header />
          <main className="page" id="page" tabIndex={-1}>
            <Notices />
            <Suspense fallback={<p className="dim">Loading…</p>}>
              <Switch>
                <Route path="/plan" component={PlanScreen} />
                <Route path="/results" component={ResultsScreen} />
                <Route path="/selftest" component={SelfTestScreen} />
                <Route path="/profile" component={ProfileScreen} />
                <Route component={DataScreen} />
              </Switch>
            </Suspense>
          </main>
          <StatusBar />
        </div>
        <QueueDrawer />
        <Dialogs />
      </Router>
    </MantineProvider>
  );
}
