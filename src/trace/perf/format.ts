/**
 * The description of a tracepoint's fields: /sys/kernel/tracing/events/SYSTEM/NAME/format, also kept in the header of a
 * perf.data (Documentation/trace/events.rst, "Event formats").
 */
export interface TracepointFormat {
  /** `sched`; the format itself does not tell. */
  readonly system: string;
  readonly name: string;
  /** What perf_event_attr.config and the field common_type hold. */
  readonly id: number;
  /** Without the common ones. */
  readonly fields: readonly FormatField[];
}

export interface FormatField {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
  readonly signed: boolean;
  /** The field is 16 bits offset and 16 bits length of what lies elsewhere in the record; `relative`: counted from its own end. */
  readonly location: 'here' | 'elsewhere' | 'relative';
}

/** No line of a format is longer. */
const LONGEST_LINE = 2048;

const FIELD = /^\tfield:(.*?)([A-Za-z_]\w*)(?:\[\w*\])?;\toffset:(\d+);\tsize:(\d+);(?:\tsigned:([01]);)?/;

/** Undefined where the text is no format. Fields that cannot be read are left out. */
export function parseTracepointFormat(system: string, text: string): TracepointFormat | undefined {
  const name = /^name: (\S+)/m.exec(text)?.[1];
  const id = /^ID: (\d+)/m.exec(text)?.[1];
  if (name === undefined || id === undefined) return undefined;
  const fields: FormatField[] = [];
  for (const line of text.split('\n')) {
    const field = parseField(line);
    if (field && !field.name.startsWith('common_')) fields.push(field);
  }
  return { system, name, id: Number(id), fields };
}

function parseField(line: string): FormatField | undefined {
  const match = line.length > LONGEST_LINE ? null : FIELD.exec(line);
  if (!match) return undefined;
  const [, type, name, offset, size, signed] = match;
  let location: FormatField['location'] = 'here';
  if (type!.startsWith('__data_loc ')) location = 'elsewhere';
  else if (type!.startsWith('__rel_loc ')) location = 'relative';
  return { name: name!, offset: Number(offset), size: Number(size), signed: signed === '1', location };
}
