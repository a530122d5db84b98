/** The top bar: name, steps, queue, theme, menu. */
import { ActionIcon, Button, Menu, useComputedColorScheme, useMantineColorScheme } from "@mantine/core";
import {
  IconDatabase,
  IconDots,
  IconGauge,
  IconInfoCircle,
  IconListDetails,
  IconMoon,
  IconStethoscope,
  IconSun,
  IconTestPipe,
} from "@tabler/icons-react";
import { useStore } from "zustand";
import { isBusy, queueStore } from "../state/queue";
import { openDialog, openQueue } from "../state/view";
import classes from "./header.module.css";
import { Mark } from "./mark";
import { Steps } from "./steps";

function ThemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme("light", { getInitialValueInEffect: false });
  const next = scheme === "dark" ? "light" : "dark";
  return (
    <ActionIcon aria-label={`Switch to ${next} theme`} onClick={() => setColorScheme(next)}>
      {scheme === "dark" ? <IconSun size={17} /> : <IconMoon size={17} />}
    </ActionIcon>
  );
}

function QueueButton() {
  const queue = useStore(queueStore);
  const busy = isBusy(queue.status);
  return (
    <Button onClick={openQueue} leftSection={<IconListDetails size={15} aria-hidden />}>
      Queue{busy || queue.status === "paused" ? ` ${queue.done}/${queue.total}` : ""}
    </Button>
  );
}

export function Header() {
  return (
    <header className={classes.top}>
      <a className={classes.brand} href="#/">
        <Mark />
        Radapt
      </a>
      <Steps />
      <div className={classes.tools}>
        <QueueButton />
        <ThemeToggle />
        <Menu position="bottom-end" shadow="sm">
          <Menu.Target>
            <ActionIcon aria-label="More">
              <IconDots size={17} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item leftSection={<IconDatabase size={15} />} onClick={() => openDialog("storage")}>
              Storage on this machine
            </Menu.Item>
            <Menu.Item leftSection={<IconTestPipe size={15} />} component="a" href="#/selftest">
              Self-test
            </Menu.Item>
            <Menu.Item leftSection={<IconGauge size={15} />} component="a" href="#/profile">
              Profile
            </Menu.Item>
            <Menu.Item leftSection={<IconStethoscope size={15} />} onClick={() => openDialog("diagnostics")}>
              Diagnostics
            </Menu.Item>
            <Menu.Item leftSection={<IconInfoCircle size={15} />} onClick={() => openDialog("about")}>
              About Radapt
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
    </header>
  );
}
