import type { ContentsBlock, GraphBlock, ImageBlock } from "../types.ts";
import { Contents, Picture } from "./file-blocks.tsx";
import { Graph } from "./graph.tsx";

/** A block that shows what stands in files. */
export function FileBlock({ block }: { block: ContentsBlock | GraphBlock | ImageBlock }) {
  if (block.mode === "graph_block") return <Graph block={block} />;
  return block.mode === "contents_block" ? <Contents block={block} /> : <Picture block={block} />;
}
