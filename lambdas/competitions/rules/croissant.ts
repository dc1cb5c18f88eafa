/** Metadata of a dataset in Croissant 1.1, the format of MLCommons for datasets, which search engines and libraries read. */
import { extname } from "node:path";

/** What Croissant's names stand for, as its specification writes it. */
const context = {
  "@language": "en",
  "@vocab": "https://schema.org/",
  arrayShape: "cr:arrayShape",
  citeAs: "cr:citeAs",
  column: "cr:column",
  conformsTo: "dct:conformsTo",
  containedIn: "cr:containedIn",
  cr: "http://mlcommons.org/croissant/",
  rai: "http://mlcommons.org/croissant/RAI/",
  data: { "@id": "cr:data", "@type": "@json" },
  dataType: { "@id": "cr:dataType", "@type": "@vocab" },
  dct: "http://purl.org/dc/terms/",
  description: { "@container": "@language" },
  equivalentProperty: "cr:equivalentProperty",
  examples: { "@id": "cr:examples", "@type": "@json" },
  extract: "cr:extract",
  field: "cr:field",
  fileProperty: "cr:fileProperty",
  fileObject: "cr:fileObject",
  fileSet: "cr:fileSet",
  format: "cr:format",
  includes: "cr:includes",
  isArray: "cr:isArray",
  isLiveDataset: "cr:isLiveDataset",
  jsonPath: "cr:jsonPath",
  key: "cr:key",
  md5: "cr:md5",
  name: { "@container": "@language" },
  parentField: "cr:parentField",
  path: "cr:path",
  recordSet: "cr:recordSet",
  references: "cr:references",
  regex: "cr:regex",
  repeated: "cr:repeated",
  replace: "cr:replace",
  samplingRate: "cr:samplingRate",
  sc: "https://schema.org/",
  separator: "cr:separator",
  source: "cr:source",
  subField: "cr:subField",
  transform: "cr:transform",
};

/** Media types by the end of a file's name. */
const mediaTypes: Record<string, string> = {
  ".zip": "application/zip",
  ".tar": "application/x-tar",
  ".tgz": "application/gzip",
  ".gz": "application/gzip",
  ".csv": "text/csv",
  ".tsv": "text/tab-separated-values",
  ".txt": "text/plain",
  ".json": "application/json",
  ".jsonl": "application/jsonlines",
  ".parquet": "application/x-parquet",
  ".h5": "application/x-hdf5",
  ".hdf5": "application/x-hdf5",
};

export interface DescribedDataset {
  name: string;
  description: string | null;
  license: string | null;
  /** The name of whoever uploaded it. */
  creator: string;
  published: Date;
  /** The address at which the platform describes it. */
  url: string;
  /** The address of its file. */
  contentUrl: string;
  fileName: string;
  fileSize: number;
  /** In hex. */
  checksum: { sha256: string } | { md5: string } | null;
}

/** The metadata as JSON-LD. What nobody knows is left out: Croissant has no value for unknown. */
export const croissantOf = (dataset: DescribedDataset): Record<string, unknown> => ({
  "@context": context,
  "@type": "sc:Dataset",
  conformsTo: "http://mlcommons.org/croissant/1.1",
  name: dataset.name,
  description: dataset.description || dataset.name,
  ...(dataset.license ? { license: dataset.license } : {}),
  url: dataset.url,
  creator: { "@type": "sc:Person", name: dataset.creator },
  datePublished: dataset.published.toISOString().slice(0, 10),
  distribution: [
    {
      "@type": "cr:FileObject",
      "@id": "file",
      name: dataset.fileName,
      contentUrl: dataset.contentUrl,
      contentSize: `${dataset.fileSize} B`,
      encodingFormat: mediaTypes[extname(dataset.fileName).toLowerCase()] ?? "application/octet-stream",
      ...dataset.checksum,
    },
  ],
});
