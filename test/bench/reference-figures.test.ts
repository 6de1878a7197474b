import { PUBLISHED_MS } from '../../tools/bench/published-figures';
import { readReferenceFigures } from '../../tools/bench/reference-figures';

/** What the reference's bench program prints, in its order, rows that nobody asks for included. */
const OUTPUT = `state sizes: small 28 B, kb 1035 B; 3 repetitions, medians
run    100 actions (   201 events), no snapshots, small state :       0.2 ms     500000 steps/s    1000000 events/s
run    100 actions (   201 events), snapshots, small state    :       0.2 ms     402919 steps/s     809867 events/s
run   1000 actions (  2001 events), no snapshots, small state :       3.2 ms     400000 steps/s     800000 events/s
run   1000 actions (  2001 events), snapshots, small state    :       4.1 ms     241465 steps/s     483171 events/s
run   1000 actions (  2001 events), snapshots, 1 KB state     :       5.5 ms     200000 steps/s     400000 events/s
run   5000 actions ( 10001 events), no snapshots, small state :      49.7 ms     100000 steps/s     200000 events/s
run  10000 actions ( 20001 events), no snapshots, small state :     173.0 ms      50000 steps/s     100000 events/s
run  10000 actions ( 20001 events), snapshots, small state    :     177.2 ms      40000 steps/s      80000 events/s
run  10000 actions ( 20001 events), snapshots, 1 KB state     :     261.6 ms      25000 steps/s      50000 events/s
run  20000 actions ( 40001 events), no snapshots, small state :     690.7 ms      20000 steps/s      40000 events/s
append one batch of 10,000 events: 10.54 ms (948453 events/s)
append 10,000 events one by one: 10.66 ms (937746 events/s)
scan 10,000 events: 9.62 ms
replay 10,000 events, small state: 9.98 ms (1001611 events/s)
replay 10,000 events, 1 KB state: 8.65 ms (1155844 events/s)
replay_from_snapshot at 9,990 of 10,000: 0.010 ms
scan_execution_log_with_state_hashes, 10,000 events, small state: 15.79 ms (633252 events/s)
scan_execution_log_with_state_hashes, 10,000 events, 1 KB state: 28.68 ms (348695 events/s)
scan_execution_log (no hashes), 10,000 events: 20.50 ms
scan_execution_log_with_state_hashes, 10,000 StateUpdated of 1 KB, stock reducer: 57.44 ms (174093 events/s)
replay 10,000 StateUpdated of 1 KB, stock reducer: 27.69 ms (361166 events/s)
event_stream_hash, 10,000 events: 12.21 ms
run_timeline + JSON, 10,000 events: 12.06 ms
`;

test('given its output, then every row has its figure, in milliseconds', () => {
  expect(Object.fromEntries(readReferenceFigures(OUTPUT))).toEqual({
    'run 100': 0.2,
    'run 1000': 2.5,
    'run 1000 snapshots 1 KB': 5,
    'run 5000': 50,
    'run 10000': 200,
    'run 10000 snapshots': 250,
    'run 10000 snapshots 1 KB': 400,
    'run 20000': 1000,
    'append batch': 10.54,
    'append each': 10.66,
    scan: 9.62,
    replay: 9.98,
    'replay 1 KB': 8.65,
    'replay updates 1 KB': 27.69,
    'replay from snapshot': 0.01,
    'execution log': 20.5,
    'execution log hashed': 15.79,
    'execution log hashed 1 KB': 28.68,
    'execution log hashed updates 1 KB': 57.44,
    'event-stream hash': 12.21,
    timeline: 12.06,
  });
});

test('given its output, then it has a figure for every published one', () => {
  expect([...readReferenceFigures(OUTPUT).keys()].sort()).toEqual(Object.keys(PUBLISHED_MS).sort());
});

test('given an output in which a row is missing, then it says which', () => {
  const without = OUTPUT.split('\n').filter((line) => !line.startsWith('scan 10,000'));
  expect(() => readReferenceFigures(without.join('\n'))).toThrow('says nothing of "scan"');
});
