/** Maximum length of file names in object keys. The names only help people who browse the bucket. */
const maxNameInKey = 60;

/** The object key of an uploaded file. `id` is unique to each file, so no object is overwritten. */
export function uploadKey(type: string, id: string, fileName: string): string {
  const name = fileName.replace(/[^A-Za-z0-9._-]+/g, "_").slice(-maxNameInKey);
  // Clients resolve `.` and `..` in URLs, so no signature would match them.
  return `${type}/${id}/${/^\.{0,2}$/.test(name) ? "file" : name}`;
}
