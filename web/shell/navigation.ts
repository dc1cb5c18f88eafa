import { linkOptions } from "@tanstack/react-router";

/** What the header links to, in order. `text` is a key of the shell's texts. */
export const navigation = [
  { text: "competitions", link: linkOptions({ to: "/competitions/public/" }) },
  { text: "datasets", link: linkOptions({ to: "/datasets/public/" }) },
  { text: "worksheets", link: linkOptions({ to: "/worksheets/" }) },
  { text: "organize", link: linkOptions({ to: "/competitions/", activeOptions: { exact: true } }) },
] as const;
