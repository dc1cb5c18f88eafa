import { encode } from "uqr";

/** Light cells around the code, without which cameras do not find it. */
const border = 4;

/** A text for a camera. Its colours are the same in both themes, because many apps do not read light cells on dark. */
export function QrCode({ label, children: text }: { label: string; children: string }) {
  const { data, size } = encode(text, { ecc: "M", border });
  const cells = data.flatMap((row, y) => row.flatMap((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : [])));
  return (
    <svg className="qr-code" viewBox={`0 0 ${size} ${size}`} role="img" aria-label={label} shapeRendering="crispEdges">
      <rect className="qr-code-light" width={size} height={size} />
      <path className="qr-code-dark" d={cells.join("")} />
    </svg>
  );
}
