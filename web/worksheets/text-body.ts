/** A request may have 6 MB, so longer texts are packed. */
const packedLength = 1_000_000;

/** A text as the body of a request. What is packed must not be taken for text on its way. */
export async function textBody(text: string): Promise<{ headers: Record<string, string>; body: string | ArrayBuffer }> {
  if (text.length <= packedLength) return { headers: { "content-type": "text/plain" }, body: text };
  const packed = new Blob([text]).stream().pipeThrough(new CompressionStream("gzip"));
  return {
    headers: { "content-type": "application/octet-stream", "content-encoding": "gzip" },
    body: await new Response(packed).arrayBuffer(),
  };
}
