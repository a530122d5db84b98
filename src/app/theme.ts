/** Radapt's look as a Mantine theme: slate surfaces, one accent, small type, tabular numerals. */
import { createTheme, type MantineColorsTuple } from "@mantine/core";
import classes from "./theme.module.css";

const accent: MantineColorsTuple = [
  "#eaf4f9",
  "#d3e7f1",
  "#a6d0e4",
  "#76b8d6",
  "#4fa2c8",
  "#2f88b0",
  "#1c6f95",
  "#135d80",
  "#0f4c69",
  "#0a3a52",
];
const gray: MantineColorsTuple = [
  "#f5f7f9",
  "#edf0f3",
  "#e0e5ea",
  "#ccd4db",
  "#a9b5c0",
  "#7a8896",
  "#566472",
  "#414e5b",
  "#2c3743",
  "#18212b",
];
const dark: MantineColorsTuple = [
  "#dfe6ec",
  "#c0cad4",
  "#a0aebb",
  "#8190a0",
  "#3c4a58",
  "#2b3743",
  "#1b242d",
  "#141b22",
  "#0f151b",
  "#0a0f14",
];

const fontStack =
  'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Liberation Sans", "Helvetica Neue", Arial, sans-serif';

export const theme = createTheme({
  colors: { accent, gray, dark },
  primaryColor: "accent",
  primaryShade: { light: 7, dark: 6 },
  fontFamily: fontStack,
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "12px", sm: "13px", md: "14px", lg: "16px", xl: "18px" },
  spacing: { xs: "6px", sm: "10px", md: "14px", lg: "20px", xl: "28px" },
  radius: { xs: "2px", sm: "3px", md: "4px", lg: "6px", xl: "8px" },
  defaultRadius: "sm",
  cursorType: "pointer",
  respectReducedMotion: true,
  headings: {
    fontFamily: fontStack,
    fontWeight: "600",
    sizes: { h1: { fontSize: "18px" }, h2: { fontSize: "14px" }, h3: { fontSize: "13px" } },
  },
  components: {
    Button: { defaultProps: { size: "xs", variant: "default" } },
    ActionIcon: { defaultProps: { size: 30, variant: "subtle", color: "gray" } },
    TextInput: { defaultProps: { size: "xs" } },
    NumberInput: { defaultProps: { size: "xs" } },
    NativeSelect: { defaultProps: { size: "xs" } },
    FileInput: { defaultProps: { size: "xs" } },
    Input: { classNames: { input: classes.input } },
    InputWrapper: {
      classNames: { label: classes.label, description: classes.description, error: classes.error },
    },
    Checkbox: {
      defaultProps: { size: "xs" },
      classNames: { label: classes.checkboxLabel, description: classes.description },
    },
    Chip: { defaultProps: { size: "xs", variant: "outline" } },
    SegmentedControl: { defaultProps: { size: "xs" } },
    Progress: { defaultProps: { size: "sm", radius: "xs" } },
    Modal: {
      defaultProps: { centered: true, transitionProps: { duration: 90 } },
      classNames: { title: classes.dialogTitle },
    },
    Drawer: { defaultProps: { transitionProps: { duration: 120 } }, classNames: { title: classes.dialogTitle } },
    Popover: { defaultProps: { shadow: "sm" } },
  },
});
