/** The image of holder containers; see `dark-networks.ts`. Change the tag when the content changes. */
export const holderImage = "benchstack-network-holder:2";
/** The command in it. */
export const holderCommand = "/hold";

/** The kernel's counters of everything that was sent, received or refused in the network of the process that reads. */
const counters = ["/proc/net/dev", "/proc/net/snmp", "/proc/net/snmp6", "/proc/net/netstat"];

/**
 * Machine code that needs nothing but Linux system calls. For each byte of its standard input it writes the content of
 * `counters` and a NUL to its standard output. It exits when its standard input ends. The paths follow the code.
 */
const code: Record<string, { machine: number; instructions: string[] }> = {
  x86_64: {
    machine: 62,
    instructions: [
      "4881ec00100000", // sub rsp, 4096
      // next
      "31ff", // xor edi, edi
      "e86a000000", // call read
      "4883f800", // cmp rax, 0
      "7e5b", // jle quit
      "488d1d7e000000", // lea rbx, [rip + paths]
      // open
      "bf9cffffff", // mov edi, -100
      "4889de", // mov rsi, rbx
      "31d2", // xor edx, edx
      "b801010000", // mov eax, 257
      "0f05", // syscall
      "4189c4", // mov r12d, eax
      // copy
      "4489e7", // mov edi, r12d
      "e841000000", // call read
      "4883f800", // cmp rax, 0
      "7e0a", // jle skip
      "4889c2", // mov rdx, rax
      "e842000000", // call write
      "ebe8", // jmp copy
      // skip
      "4489e7", // mov edi, r12d
      "b803000000", // mov eax, 3
      "0f05", // syscall
      // after
      "48ffc3", // inc rbx
      "807bff00", // cmp byte ptr [rbx - 1], 0
      "75f7", // jne after
      "803b00", // cmp byte ptr [rbx], 0
      "75bc", // jne open
      "c6042400", // mov byte ptr [rsp], 0
      "ba01000000", // mov edx, 1
      "e81a000000", // call write
      "eb98", // jmp next
      // quit
      "31ff", // xor edi, edi
      "b8e7000000", // mov eax, 231
      "0f05", // syscall
      // read
      "488d742408", // lea rsi, [rsp + 8]
      "ba00100000", // mov edx, 4096
      "31c0", // xor eax, eax
      "0f05", // syscall
      "c3", // ret
      // write
      "488d742408", // lea rsi, [rsp + 8]
      "bf01000000", // mov edi, 1
      "b801000000", // mov eax, 1
      "0f05", // syscall
      "c3", // ret
    ],
  },
  aarch64: {
    machine: 183,
    instructions: [
      "ff0740d1", // sub sp, sp, 4096
      // next
      "000080d2", // mov x0, 0
      "1f000094", // bl read
      "1f0000f1", // cmp x0, 0
      "4d030054", // b.le quit
      "d3040010", // adr x19, paths
      // open
      "600c8092", // mov x0, -100
      "e10313aa", // mov x1, x19
      "020080d2", // mov x2, 0
      "080780d2", // mov x8, 56
      "010000d4", // svc 0
      "f40300aa", // mov x20, x0
      // copy
      "e00314aa", // mov x0, x20
      "14000094", // bl read
      "1f0000f1", // cmp x0, 0
      "8d000054", // b.le skip
      "e20300aa", // mov x2, x0
      "15000094", // bl write
      "faffff17", // b copy
      // skip
      "e00314aa", // mov x0, x20
      "280780d2", // mov x8, 57
      "010000d4", // svc 0
      // after
      "69164038", // ldrb w9, [x19], 1
      "e9ffff35", // cbnz w9, after
      "69024039", // ldrb w9, [x19]
      "a9fdff35", // cbnz w9, open
      "ff030039", // strb wzr, [sp]
      "220080d2", // mov x2, 1
      "0a000094", // bl write
      "e4ffff17", // b next
      // quit
      "000080d2", // mov x0, 0
      "c80b80d2", // mov x8, 94
      "010000d4", // svc 0
      // read
      "e1030091", // mov x1, sp
      "020082d2", // mov x2, 4096
      "e80780d2", // mov x8, 63
      "010000d4", // svc 0
      "c0035fd6", // ret
      // write
      "200080d2", // mov x0, 1
      "e1030091", // mov x1, sp
      "080880d2", // mov x8, 64
      "010000d4", // svc 0
      "c0035fd6", // ret
    ],
  },
};

/** Each ends in a NUL, and an empty one follows. */
const paths = `${counters.join("\0")}\0\0`;

const loadAddress = 0x400000;
const fileHeaderBytes = 64;
const programHeaderBytes = 56;

/** Returns the program as an ELF file. Throws for an unknown architecture. */
export function holderProgram(architecture: string): Buffer {
  const found = code[architecture];
  if (!found) throw new Error(`dark networks do not support the architecture ${architecture}`);
  const content = Buffer.concat([Buffer.from(found.instructions.join(""), "hex"), Buffer.from(paths)]);
  const header = Buffer.alloc(fileHeaderBytes + programHeaderBytes);
  const start = header.length;
  const size = BigInt(start + content.length);
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
  return Buffer.concat([header, content]);
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
