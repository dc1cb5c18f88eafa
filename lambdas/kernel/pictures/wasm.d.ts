/** What esbuild makes of an import of a WebAssembly module: the name of its copy beside the bundle. */
declare module "*.wasm" {
  const name: string;
  export default name;
}

/** The types of Node.js name it only as a type. */
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array);
  }
}
