// esbuild copies these files beside the bundle, and a start of the function does not read them.
import { basename, join } from "node:path";
import jpegDecoder from "@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm";
import webpDecoder from "@jsquash/webp/codec/dec/webp_dec.wasm";
import webpEncoder from "@jsquash/webp/codec/enc/webp_enc_simd.wasm";

// Its path is relative to where esbuild would write the bundle, which is another folder than that of the function.
const beside = (path: string) => join(import.meta.dirname, basename(path));

/** Where the WebAssembly modules of the codecs are: beside the bundle. */
export const codecFiles = {
  jpegDecoder: beside(jpegDecoder),
  webpDecoder: beside(webpDecoder),
  webpEncoder: beside(webpEncoder),
};
