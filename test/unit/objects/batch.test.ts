import { beforeEach, describe, expect, test, vi } from 'vitest';
import { Batch } from '../../../worker/objects/batch.ts';

beforeEach(() => {
  vi.useFakeTimers();
  return () => vi.useRealTimers();
});

describe('a batch', () => {
  test('does at once what came within its time, and again what comes later', async () => {
    const done: (readonly number[])[] = [];
    const batch = new Batch<number>(20, (items) => done.push(items));
    const first = batch.add(1);
    await vi.advanceTimersByTimeAsync(19);
    const second = batch.add(2);
    expect(done).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await Promise.all([first, second]);
    expect(done).toEqual([[1, 2]]);
    const third = batch.add(3);
    await vi.advanceTimersByTimeAsync(20);
    await third;
    expect(done).toEqual([[1, 2], [3]]);
  });

  test('that fails is no success to anyone in it, and the next is a new one', async () => {
    const work = vi.fn<(items: readonly number[]) => void>();
    work.mockImplementationOnce(() => {
      throw new Error('full');
    });
    const batch = new Batch<number>(20, work);
    const outcomes = Promise.allSettled([batch.add(1), batch.add(2)]);
    await vi.advanceTimersByTimeAsync(20);
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const again = batch.add(1);
    await vi.advanceTimersByTimeAsync(20);
    await expect(again).resolves.toBeUndefined();
  });
});
