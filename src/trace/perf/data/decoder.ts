import { PERF } from '../batch.ts';
import { latin1 } from '../byte-source.ts';
import type { Columns } from '../columns.ts';
import type { FormatField } from '../format.ts';
import { HostNumbers } from '../host-numbers.ts';
import type { Texts } from '../texts.ts';
import type { Chains } from './chains.ts';
import type { EventPlan } from './event-plan.ts';
import type { Events } from './events.ts';
import { readValuesSize } from './layout.ts';
import { signed64, unsigned64 } from './numbers.ts';
import { MISC_EXEC, MISC_SWITCH_OUT, MISC_SWITCH_OUT_PREEMPT, RECORD, RECORD_HEADER } from './records.ts';

const HIGH = 4_294_967_296;
const COMM_BYTES = 16;
const CACHED_COMMS = 1 << 12;
const MOST_CPUS = 1 << 13;

/** Bytes from the start of FORK and EXIT to their own stamp. */
const FORK_TIME_AT = 24;

/** LOST_SAMPLES of what a BPF filter did not want: nothing is missing. */
const MISC_LOST_SAMPLES_BPF = 1 << 15;

const INTERESTING = new Uint8Array(256);
for (const type of [
  RECORD.lost,
  RECORD.comm,
  RECORD.exit,
  RECORD.throttle,
  RECORD.fork,
  RECORD.sample,
  RECORD.mmap2,
  RECORD.lostSamples,
  RECORD.switch,
  RECORD.switchCpuWide,
]) {
  INTERESTING[type] = 1;
}

export function isInteresting(type: number): boolean {
  return type < 256 && INTERESTING[type] === 1;
}

/** Reads single records of a perf.data, each lying whole in a view. */
export class Decoder {
  readonly #events: Events;
  readonly #texts: Texts;
  readonly #chains: Chains;
  readonly #originLow: number;
  readonly #originHigh: number;
  readonly #commWords = new Uint32Array(CACHED_COMMS * 4);
  readonly #commIds = new Int32Array(CACHED_COMMS).fill(-1);
  readonly #numbers = new HostNumbers();
  readonly #lastOnCpu = new Float64Array(MOST_CPUS).fill(Number.NaN);
  unknownEvent = 0;
  damaged = 0;
  throttled = 0;
  lost = 0;
  /** What perf itself counted at its end: it includes what the LOST records tell. */
  lostInAll = 0;

  constructor(events: Events, texts: Texts, chains: Chains, originNs: bigint) {
    this.#events = events;
    this.#texts = texts;
    this.#chains = chains;
    this.#originLow = Number(originNs & 0xffffffffn);
    this.#originHigh = Number(originNs >> 32n);
  }

  /** The stamp of a record, less the origin; NaN when it has none, or perf made it up without one. */
  timeOf(view: DataView, at: number, type: number, size: number): number {
    const plan = this.#planOf(view, at, type, size);
    let place = -1;
    if (type === RECORD.sample) {
      if (plan && plan.layout.time >= 0 && plan.layout.tail <= size) place = at + plan.layout.time;
    } else {
      const back = plan ? plan.layout.trailer.time : -1;
      if (back >= 0 && size >= RECORD_HEADER + back) place = at + size - back;
      else if ((type === RECORD.fork || type === RECORD.exit) && size >= FORK_TIME_AT + 8) {
        place = at + FORK_TIME_AT;
      }
    }
    return place < 0 ? Number.NaN : this.#stampAt(view, place);
  }

  /** Adds the row of a record, if it makes one. `before`: stamp of the record before it from the same buffer. */
  decode(
    view: DataView,
    at: number,
    type: number,
    size: number,
    time: number,
    before: number,
    columns: Columns,
  ): void {
    const plan = this.#planOf(view, at, type, size);
    if (type === RECORD.sample) {
      if (!plan) this.unknownEvent += 1;
      else if (plan.layout.tail > size) this.damaged += 1;
      else this.#sample(plan, view, at, size, time, columns);
      return;
    }
    const trailer = plan?.layout.trailer;
    const end = at + size;
    const holds = (back: number | undefined): boolean =>
      back !== undefined && back >= 0 && size >= RECORD_HEADER + back;
    const cpu = trailer && holds(trailer.cpu) ? view.getInt32(end - trailer.cpu, true) : -1;
    const pid = trailer && holds(trailer.tid) ? view.getInt32(end - trailer.tid, true) : -1;
    const tid = trailer && holds(trailer.tid) ? view.getInt32(end - trailer.tid + 4, true) : -1;
    const misc = view.getUint16(at + 4, true);
    const body = at + RECORD_HEADER;
    const since = cpu >= 0 && cpu < MOST_CPUS ? this.#lastOnCpu[cpu]! : Number.NaN;
    if (cpu >= 0 && cpu < MOST_CPUS) this.#lastOnCpu[cpu] = time;
    switch (type) {
      case RECORD.switch:
      case RECORD.switchCpuWide: {
        const out = (misc & MISC_SWITCH_OUT) !== 0;
        const row = columns.add(out ? PERF.out : PERF.in, time, pid, tid, cpu);
        if ((misc & MISC_SWITCH_OUT_PREEMPT) !== 0) columns.a[row] = 1;
        break;
      }
      case RECORD.fork:
      case RECORD.exit:
        this.#task(type, view, at, size, time, cpu, columns);
        break;
      case RECORD.comm:
        if (size >= RECORD_HEADER + 8) {
          const row = columns.add(
            PERF.comm,
            time,
            view.getInt32(body, true),
            view.getInt32(body + 4, true),
            cpu,
          );
          columns.a[row] = (misc & MISC_EXEC) !== 0 ? 1 : 0;
          columns.b[row] = Number.isNaN(this.timeOf(view, at, type, size)) ? 1 : 0;
          columns.text[row] = this.#textAt(view, body + 8, end);
        } else this.damaged += 1;
        break;
      case RECORD.mmap2:
        if (isVdso(view, at, size)) {
          const row = columns.add(
            PERF.vdso,
            time,
            view.getInt32(body, true),
            view.getInt32(body + 4, true),
            cpu,
          );
          columns.a[row] = view.getUint32(body + 12, true) === 0 ? 1 : 0;
        }
        break;
      case RECORD.lost:
        if (size >= RECORD_HEADER + 16) {
          const events = unsigned64(view, body + 8);
          this.lost += events;
          this.#lostRow(events, Number.isNaN(since) ? before : since, time, cpu, columns);
        } else this.damaged += 1;
        break;
      case RECORD.lostSamples:
        if (size >= RECORD_HEADER + 8 && (misc & MISC_LOST_SAMPLES_BPF) === 0) {
          const events = unsigned64(view, body);
          if (Number.isNaN(this.timeOf(view, at, type, size))) this.lostInAll += events;
          else this.#lostRow(events, Number.isNaN(since) ? before : since, time, cpu, columns);
        }
        break;
      case RECORD.throttle:
        this.throttled += 1;
        break;
      default:
        break;
    }
  }

  #lostRow(events: number, since: number, time: number, cpu: number, columns: Columns): void {
    const row = columns.add(PERF.lost, time, -1, -1, cpu);
    columns.a[row] = events;
    columns.b[row] = Math.min(since, time);
  }

  #task(
    type: number,
    view: DataView,
    at: number,
    size: number,
    time: number,
    cpu: number,
    columns: Columns,
  ): void {
    if (size < RECORD_HEADER + 16) {
      this.damaged += 1;
      return;
    }
    const body = at + RECORD_HEADER;
    // perf tells of the threads that it found at its start as if they were being forked, without a stamp.
    const found = size >= FORK_TIME_AT + 8 && unsigned64(view, at + FORK_TIME_AT) === 0;
    const born = found ? PERF.existing : PERF.fork;
    const row = columns.add(
      type === RECORD.fork ? born : PERF.taskExit,
      time,
      view.getInt32(body, true),
      view.getInt32(body + 8, true),
      cpu,
    );
    columns.a[row] = view.getInt32(body + 4, true);
    columns.b[row] = view.getInt32(body + 12, true);
  }

  #sample(plan: EventPlan, view: DataView, at: number, size: number, time: number, columns: Columns): void {
    const { layout } = plan;
    const end = at + size;
    const pid = layout.tid < 0 ? -1 : view.getInt32(at + layout.tid, true);
    const tid = layout.tid < 0 ? -1 : view.getInt32(at + layout.tid + 4, true);
    const cpu = layout.cpu < 0 ? -1 : view.getInt32(at + layout.cpu, true);
    if (cpu >= 0 && cpu < MOST_CPUS) this.#lastOnCpu[cpu] = time;
    let tail = at + layout.tail;
    if (layout.hasRead) tail = this.#afterRead(view, tail, end, layout.readFormat);
    let stack = -1;
    if (layout.hasChain) {
      const count = tail + 8 <= end ? unsigned64(view, tail) : Number.POSITIVE_INFINITY;
      if (tail + 8 + count * 8 > end) {
        this.damaged += 1;
        return;
      }
      stack = this.#chains.intern(view, tail + 8, count);
      tail += 8 + count * 8;
    }
    if (plan.kind === PERF.sample) {
      const row = columns.add(plan.kind, time, pid, tid, cpu);
      columns.stack[row] = stack;
      columns.text[row] = plan.nameId;
      columns.a[row] = layout.period < 0 ? 1 : unsigned64(view, at + layout.period);
      return;
    }
    const raw = tail + 4;
    const rawEnd = raw <= end ? raw + view.getUint32(tail, true) : raw;
    if (rawEnd > end || raw > end) {
      this.damaged += 1;
      return;
    }
    // common_pid: who runs, by the host's number.
    const host = raw + 8 <= rawEnd ? view.getInt32(raw + 4, true) : -1;
    if (tid > 0) this.#numbers.learn(host, tid);
    // A thread that has left its number is -1 to perf; the tracepoint still tells who it was.
    const ran = tid < 0 && host > 0 ? this.#numbers.ranAs(host) : tid;
    const row = columns.add(plan.kind, time, pid, ran, cpu);
    columns.host[row] = host;
    columns.stack[row] = stack;
    this.#fields(plan, view, raw, rawEnd, row, columns);
  }

  #fields(plan: EventPlan, view: DataView, raw: number, rawEnd: number, row: number, columns: Columns): void {
    const { a, b, text } = plan;
    if (a && raw + a.offset + a.size <= rawEnd) columns.a[row] = numberAt(view, raw + a.offset, a);
    if (b) {
      if (raw + b.offset + b.size <= rawEnd) columns.b[row] = numberAt(view, raw + b.offset, b);
    } else if (plan.kind === PERF.schedExit) columns.b[row] = -1;
    if (text && raw + text.offset + text.size <= rawEnd) {
      columns.text[row] = this.#textOf(view, raw, rawEnd, text);
    }
    for (const field of plan.args) {
      const start = raw + field.offset;
      if (start + field.size > rawEnd) continue;
      // One field of six longs, or a field an argument: both are multiples of the size of a long.
      const long = field.size === 24 || field.size === 4 ? 4 : 8;
      for (let word = start; word + long <= start + field.size; word += long) {
        columns.addArg(row, view.getUint32(word, true), long === 8 ? view.getUint32(word + 4, true) : 0);
      }
    }
  }

  #afterRead(view: DataView, tail: number, end: number, readFormat: number): number {
    const members = tail + 8 <= end ? unsigned64(view, tail) : 0;
    return tail + readValuesSize(readFormat, members);
  }

  #textOf(view: DataView, raw: number, rawEnd: number, field: FormatField): number {
    const at = raw + field.offset;
    if (field.location === 'here') {
      return field.size === COMM_BYTES ? this.#commAt(view, at) : this.#textAt(view, at, at + field.size);
    }
    if (field.size < 4) return -1;
    const place = view.getUint32(at, true);
    const base = field.location === 'relative' ? at + 4 : raw;
    const start = base + (place & 0xffff);
    return this.#textAt(view, start, Math.min(rawEnd, start + (place >>> 16)));
  }

  #textAt(view: DataView, start: number, end: number): number {
    const bytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    return this.#texts.intern(latin1(bytes, start, end));
  }

  /** A name in sixteen bytes: the ones met last are found without making a string. */
  #commAt(view: DataView, at: number): number {
    const w0 = view.getUint32(at, true);
    const w1 = view.getUint32(at + 4, true);
    const w2 = view.getUint32(at + 8, true);
    const w3 = view.getUint32(at + 12, true);
    let hash = Math.imul(w0, 0x9e3779b1) ^ Math.imul(w1, 0x85ebca6b) ^ Math.imul(w2 ^ w3, 0xc2b2ae35);
    hash = (hash ^ (hash >>> 15)) & (CACHED_COMMS - 1);
    const words = this.#commWords;
    const slot = hash * 4;
    if (
      words[slot] === w0 &&
      words[slot + 1] === w1 &&
      words[slot + 2] === w2 &&
      words[slot + 3] === w3 &&
      this.#commIds[hash]! >= 0
    ) {
      return this.#commIds[hash]!;
    }
    words[slot] = w0;
    words[slot + 1] = w1;
    words[slot + 2] = w2;
    words[slot + 3] = w3;
    const id = this.#textAt(view, at, at + COMM_BYTES);
    this.#commIds[hash] = id;
    return id;
  }

  #planOf(view: DataView, at: number, type: number, size: number): EventPlan | undefined {
    const only = this.#events.only;
    const { idAt, trailerIdBack } = this.#events;
    let place: number;
    if (type === RECORD.sample) {
      if (idAt < 0) return only;
      place = idAt + 8 <= size ? at + idAt : -1;
    } else {
      if (trailerIdBack < 0) return only;
      place = size >= RECORD_HEADER + trailerIdBack ? at + size - trailerIdBack : -1;
    }
    if (place < 0) return undefined;
    return this.#events.planOf(view.getUint32(place, true), view.getUint32(place + 4, true));
  }

  #stampAt(view: DataView, at: number): number {
    const low = view.getUint32(at, true);
    const high = view.getUint32(at + 4, true);
    if (low === 0 && high === 0) return Number.NaN;
    // In two halves: the whole may be beyond 2^53, the difference is not.
    return (high - this.#originHigh) * HIGH + (low - this.#originLow);
  }
}

/** From the start of MMAP2 to the name of what is mapped, and `[vds`, `o]` of it. */
const MAPPED_NAME_AT = 72;
const VDSO_WORDS = [0x7364765b, 0x00005d6f] as const;

function isVdso(view: DataView, at: number, size: number): boolean {
  const name = at + MAPPED_NAME_AT;
  return (
    size >= MAPPED_NAME_AT + 8 &&
    view.getUint32(name, true) === VDSO_WORDS[0] &&
    (view.getUint32(name + 4, true) & 0xffffff) === VDSO_WORDS[1]
  );
}

function numberAt(view: DataView, at: number, { size, signed }: FormatField): number {
  switch (size) {
    case 8:
      return signed ? signed64(view, at) : unsigned64(view, at);
    case 4:
      return signed ? view.getInt32(at, true) : view.getUint32(at, true);
    case 2:
      return signed ? view.getInt16(at, true) : view.getUint16(at, true);
    case 1:
      return signed ? view.getInt8(at) : view.getUint8(at);
    default:
      return 0;
  }
}
