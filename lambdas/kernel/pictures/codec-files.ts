import { createRequire } from "node:module";

const { resolve } = createRequire(import.meta.url);

/** Where the WebAssembly modules of the codecs are: in their packages. Bundles of functions have `codec-files-in-bundle.ts`. */
export const codecFiles = {
  jpegDecoder: resolve("@jsquash/jpeg/codec/dec/mozjpeg_dec.wasm"),
  webpDecoder: resolve("@jsquash/webp/codec/dec/webp_dec.wasm"),
  webpEncoder: resolve("@jsquash/webp/codec/enc/webp_enc_simd.wasm"),
};
