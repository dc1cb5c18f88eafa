/** File names in object keys are cut to this length: they only help people who look into the bucket. */
const maxNameInKey = 60;

/** The object key of an uploaded file. `id` is new for each file, so no object is ever overwritten. */
export function uploadKey(type: string, id: string, fileName: string): string {
  const name = fileName.replace(/[^A-Za-z0-9._-]+/g, "_").slice(-maxNameInKey);
  return `${type}/${id}/${name || "file"}`;
}
