import { useMemo } from "react";
import { BundleLink } from "../bundle-link.tsx";
import { bundlesOf, isSeen, nameOf, type ContentsBlock, type ImageBlock } from "../types.ts";
import { imageOf } from "./image.ts";
import { useDetailTexts } from "./detail-texts.ts";

type FileBlock = ContentsBlock | ImageBlock;

/** The bundle and the path of what is shown. */
function Caption({ block }: { block: FileBlock }) {
  const [bundle] = bundlesOf(block);
  const name = bundle ? nameOf(bundle) : "";
  return (
    <figcaption className="small quiet">
      {bundle && isSeen(bundle) ? <BundleLink uuid={bundle.uuid}>{name}</BundleLink> : name}
      {block.target_genpath !== "" && <code>/{block.target_genpath}</code>}
    </figcaption>
  );
}

/** Why there is nothing to see. */
function Nothing({ block: { status } }: { block: FileBlock }) {
  const t = useDetailTexts();
  const reason = status.code === "no_permission" ? t.noPermission : status.code === "ready" ? t.noImage : t.noFile;
  return <p className="notice">{status.error_message || reason}</p>;
}

/** The beginning of a file. */
export function Contents({ block }: { block: ContentsBlock }) {
  const t = useDetailTexts();
  const label = t.linesOf(block.target_genpath || block.bundles_spec.uuid_spec[0]!);
  return (
    <figure className="sheet-file">
      <Caption block={block} />
      {block.lines === null ? (
        <Nothing block={block} />
      ) : (
        <pre tabIndex={0} role="region" aria-label={label}>
          {block.lines.map((line) => line.replace(/\r?\n$/, "")).join("\n")}
        </pre>
      )}
    </figure>
  );
}

export function Picture({ block }: { block: ImageBlock }) {
  const t = useDetailTexts();
  const { image_data: data, width, height } = block;
  const image = useMemo(() => (data === null ? null : imageOf(data)), [data]);
  const [bundle] = bundlesOf(block);
  return (
    <figure className="sheet-file">
      <Caption block={block} />
      {image === null ? (
        <Nothing block={block} />
      ) : (
        <img
          src={image.address}
          alt={t.imageOf(block.target_genpath, bundle ? nameOf(bundle) : "")}
          width={width ?? (height === null ? image.width : undefined)}
          height={height ?? (width === null ? image.height : undefined)}
        />
      )}
    </figure>
  );
}
