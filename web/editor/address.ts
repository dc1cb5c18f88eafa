import { linkOptions } from "@tanstack/react-router";
import type { Section } from "./state/sections.ts";

/** The address of a section of the editor, for a competition or for a new one. */
export function addressOf(id: number | null, section: Section) {
  const search = { section: section === "details" ? undefined : section };
  return id === null
    ? linkOptions({ to: "/competitions/create/", search })
    : linkOptions({ to: "/competitions/edit/$id/", params: { id: String(id) }, search });
}
