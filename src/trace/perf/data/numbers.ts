/** Numbers of 64 bits as doubles: exact up to 2^53, which addresses and times since a near origin stay below. */

const HIGH = 4_294_967_296;

export function unsigned64(view: DataView, at: number): number {
  return view.getUint32(at + 4, true) * HIGH + view.getUint32(at, true);
}

export function signed64(view: DataView, at: number): number {
  return view.getInt32(at + 4, true) * HIGH + view.getUint32(at, true);
}
