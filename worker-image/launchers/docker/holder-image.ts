/** The image of holder containers; see `dark-networks.ts`. Change the tag when the content changes. */
export const holderImage = "benchstack-network-holder:1";
/** The command in it. */
export const holderCommand = "/hold";

/**
 * Machine code that waits for the end of standard input and exits, with Linux system calls only: `read(0, stack, 1);
 * exit_group(0)`.
 */
const code: Record<string, { machine: number; bytes: Buffer }> = {
  x86_64: {
    machine: 62,
    bytes: Buffer.concat([
      Buffer.from("31c0", "hex"), // xor eax, eax: read
      Buffer.from("31ff", "hex"), // xor edi, edi
      Buffer.from("4889e6", "hex"), // mov rsi, rsp
      Buffer.from("ba01000000", "hex"), // mov edx, 1
      Buffer.from("0f05", "hex"), // syscall
      Buffer.from("b8e7000000", "hex"), // mov eax, 231: exit_group
      Buffer.from("31ff", "hex"), // xor edi, edi
      Buffer.from("0f05", "hex"), // syscall
    ]),
  },
  aarch64: {
    machine: 183,
    bytes: Buffer.concat([
      Buffer.from("e80780d2", "hex"), // mov x8, #63: read
      Buffer.from("000080d2", "hex"), // mov x0, #0
      Buffer.from("e1030091", "hex"), // mov x1, sp
      Buffer.from("220080d2", "hex"), // mov x2, #1
      Buffer.from("010000d4", "hex"), // svc #0
      Buffer.from("c80b80d2", "hex"), // mov x8, #94: exit_group
      Buffer.from("000080d2", "hex"), // mov x0, #0
      Buffer.from("010000d4", "hex"), // svc #0
    ]),
  },
};

const loadAddress = 0x400000;
const fileHeaderBytes = 64;
const programHeaderBytes = 56;

/** Returns the program as an ELF file. Throws for an unknown architecture. */
export function holderProgram(architecture: string): Buffer {
  const found = code[architecture];
  if (!found) throw new Error(`dark networks do not support the architecture ${architecture}`);
  const header = Buffer.alloc(fileHeaderBytes + programHeaderBytes);
  const start = header.length;
  const size = BigInt(start + found.bytes.length);
  // ELF, 64 bit, little-endian, version 1.
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16); // an executable
  header.writeUInt16LE(found.machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(loadAddress + start), 24);
  header.writeBigUInt64LE(BigInt(fileHeaderBytes), 32);
  header.writeUInt16LE(fileHeaderBytes, 52);
  header.writeUInt16LE(programHeaderBytes, 54);
  header.writeUInt16LE(1, 56);
  // One loaded segment, readable and executable, which is the whole file.
  const segment = header.subarray(fileHeaderBytes);
  segment.writeUInt32LE(1, 0);
  segment.writeUInt32LE(5, 4);
  segment.writeBigUInt64LE(BigInt(loadAddress), 16);
  segment.writeBigUInt64LE(BigInt(loadAddress), 24);
  segment.writeBigUInt64LE(size, 32);
  segment.writeBigUInt64LE(size, 40);
  segment.writeBigUInt64LE(0x10000n, 48);
  return Buffer.concat([header, found.bytes]);
}

const tarBlockBytes = 512;

/** The image as a tar archive. Its only file is the program, `/hold`. */
export function imageArchive(program: Buffer): Buffer {
  const header = Buffer.alloc(tarBlockBytes);
  const octal = (value: number, at: number, length: number) =>
    header.write(value.toString(8).padStart(length - 1, "0"), at, "latin1");
  header.write("hold", 0, "latin1");
  octal(0o755, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(program.length, 124, 12);
  octal(0, 136, 12);
  header.write("0", 156, "latin1");
  header.write("ustar\0" + "00", 257, "latin1");
  // The checksum is computed with spaces in the checksum field.
  header.fill(" ", 148, 156);
  octal(
    header.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  const padding = Buffer.alloc(-program.length & (tarBlockBytes - 1));
  return Buffer.concat([header, program, padding, Buffer.alloc(2 * tarBlockBytes)]);
}
