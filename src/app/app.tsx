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

const LazyPlanScreen = lazy(() => import("./screens/plan-screen"));
const LazySelfTestScreen = lazy(() => import("./screens/self-test-screen"));
const LazyProfileScreen = lazy(() => import("./screens/profile-screen"));
const LazyResultsScreen = lazy(() => import("./screens/results-screen"));

/** Scrolls to the top whenever the location changes. */
function ScrollToTop() {
  const [location] = useLocation();
  // biome-ignore lint/correctness/useExhaustiveDependencies: the location is what it waits for
  useEffect(() => {
    // The braces drop the promise that newer browsers return: an effect may not return one.
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
                <Route path="/plan" component={LazyPlanScreen} />
                <Route path="/results" component={LazyResultsScreen} />
                <Route path="/selftest" component={LazySelfTestScreen} />
                <Route path="/profile" component={LazyProfileScreen} />
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
