/** What we use of seek-bzip, which has no types. */
declare module "seek-bzip" {
  interface Input {
    readByte(): number;
    read(buffer: Buffer, offset: number, length: number): number;
  }
  interface Output {
    writeByte(byte: number): void;
  }
  class Bunzip {
    constructor(input: Input, output: Output);
    /** Checksum of the blocks so far. */
    readonly streamCRC: number;
    readonly reader: { read(bits: number): number };
    /** Reads the next block; false at the end of the stream. */
    _init_block(): boolean;
    /** Writes the block that was read. Throws if its checksum is wrong. */
    _read_bunzip(): void;
    /** Begins the stream that follows this one. */
    _start_bunzip(input: Input, output: Output): void;
  }
  export default Bunzip;
}
