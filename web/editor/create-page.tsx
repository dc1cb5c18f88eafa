import { getRouteApi } from "@tanstack/react-router";
import { Editor } from "./editor.tsx";

const route = getRouteApi("/competitions/create");

/** Makes a competition of a form and of tasks that exist. */
export const CreatePage = () => (
  <Editor competition={null} section={route.useSearch().section ?? "details"} check={route.useLoaderData().check} />
);
