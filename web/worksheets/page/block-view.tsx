import { useEffect, useState } from "react";
import type { Block, ContentsBlock, GraphBlock, ImageBlock } from "../types.ts";
import { BundleRecord, BundleTable } from "./bundle-rows.tsx";
import { loadedFileBlock, loadFileBlock } from "./load-file-block.ts";
import { Placeholder, Schema, Subworksheets, Text } from "./other-blocks.tsx";
import type { Selection } from "./selection.ts";

/** A block that was just written is shown when what shows it is loaded. */
function LoadedFileBlock({ block }: { block: ContentsBlock | GraphBlock | ImageBlock }) {
  const [FileBlock, setFileBlock] = useState(loadedFileBlock);
  useEffect(() => void loadFileBlock().then(() => setFileBlock(loadedFileBlock)), []);
  return FileBlock && <FileBlock block={block} />;
}

/** A block. `at` is its number on the worksheet. */
export function BlockView(props: { uuid: string; block: Block; at: number; selection: Selection }) {
  const { uuid, block, at, selection } = props;
  switch (block.mode) {
    case "markup_block":
      return block.error ? <p className="notice bad">{block.text}</p> : <Text block={block} />;
    case "table_block":
      return <BundleTable block={block} at={at} selection={selection} />;
    case "record_block":
      return <BundleRecord block={block} />;
    case "contents_block":
    case "image_block":
    case "graph_block":
      return <LoadedFileBlock block={block} />;
    case "schema_block":
      return <Schema block={block} />;
    case "subworksheets_block":
      return <Subworksheets block={block} />;
    case "placeholder_block":
      return (
        <Placeholder
          uuid={uuid}
          block={block}
          show={(found) => found.map((one, index) => <BlockView key={index} {...props} block={one} at={-1} />)}
        />
      );
  }
}
