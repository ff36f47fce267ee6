import assert from "node:assert/strict";
import { test } from "node:test";
import { Meter, percentile } from "../src/play/meter.js";
import { FrameLead, Presenter } from "../src/play/presenter.js";

test("a steady stream is shown as it comes, one by one", () => {
  const presenter = new Presenter<number>(50);
  for (let tick = 0; tick < 20; tick += 1) {
    presenter.add(tick, tick * 50, tick * 50 + 7);
    assert.equal(presenter.take(tick * 50 + 8), tick);
    assert.equal(presenter.take(tick * 50 + 9), null);
  }
  assert.deepEqual([presenter.late, presenter.dropped, presenter.held], [0, 0, 0]);
});

test("jitter is evened out by a delay that covers it", () => {
  const presenter = new Presenter<number>(50);
  const shown: number[] = [];
  let next = 0;
  for (let now = 0; now < 4000; now += 1) {
    if (next * 50 + 5 + (next % 2) * 12 === now) {
      presenter.add(next, next * 50, now);
      next += 1;
    }
    if (presenter.take(now) !== null) shown.push(now);
  }
  const gaps = shown.slice(20).map((at, place) => at - (shown[19 + place] as number));
  assert.ok(gaps.every((gap) => Math.abs(gap - 50) <= 2), `${gaps}`);
  assert.ok(presenter.delay >= 11 && presenter.delay <= 14, `${presenter.delay}`);
});

test("a hitch at the beginning is no habit, and no delay is long in seconds", () => {
  const presenter = new Presenter<number>(250);
  for (let tick = 0; tick < 12; tick += 1) presenter.add(tick, tick * 250, tick * 250 + (tick === 2 ? 200 : 0));
  assert.equal(presenter.delay, 0);
  for (let tick = 12; tick < 40; tick += 1) presenter.add(tick, tick * 250, tick * 250 + (tick % 2) * 200);
  assert.equal(presenter.delay, 100);
});

test("an engine looks half of its frame ahead, and never more than half a tick", () => {
  const lead = new FrameLead();
  assert.equal(lead.at(0, 50), 0);
  let ahead = 0;
  for (let frame = 1; frame < 60; frame += 1) ahead = lead.at(frame * 20, 50);
  assert.ok(Math.abs(ahead - 10) < 0.1, `${ahead}`);
  // A page that was hidden for a minute.
  assert.ok(lead.at(61_000, 50) <= 25);
});

test("overtaken frames are dropped and let go of, late ones shown at once", () => {
  const gone: string[] = [];
  const presenter = new Presenter<string>(50, (frame) => gone.push(frame));
  presenter.add("a", 0, 5);
  presenter.add("b", 50, 55);
  assert.equal(presenter.take(60), "b");
  assert.deepEqual([gone, presenter.dropped], [["a"], 1]);
  presenter.add("c", 100, 190);
  assert.equal(presenter.take(190), "c");
  assert.equal(presenter.late, 1);
  presenter.add("d", 150, 160);
  presenter.clear();
  assert.deepEqual([gone, presenter.take(1000)], [["a", "d"], null]);
});

test("beats without a frame are counted once each", () => {
  const presenter = new Presenter<number>(50);
  presenter.add(0, 0, 0);
  presenter.take(0);
  assert.equal(presenter.overdue(50), 0);
  const held = [60, 76, 80, 126, 130].map((now) => presenter.hold(now));
  assert.deepEqual(held, [false, true, false, true, false]);
  assert.equal(presenter.held, 2);
});

test("action to photon counts each input once, from its own time stamp", () => {
  const meter = new Meter();
  meter.shown(1, 100, 140);
  meter.shown(1, 100, 190);
  meter.shown(0, null, 240);
  meter.shown(3, 200, 260);
  assert.deepEqual([...meter.latest], [40, 60]);
  meter.skip(5);
  meter.shown(5, 210, 900);
  assert.equal(meter.latest.length, 2);
  meter.renew(2);
  meter.shown(3, 1000, 1010);
  assert.equal(meter.read(0).action_to_photon_ms, 40);
});

test("the clocks' offset is that of the quickest round trip", () => {
  const meter = new Meter();
  assert.equal(meter.offset, null);
  meter.ponged(9, 100);
  meter.ponged(2, 104);
  meter.ponged(30, 90);
  assert.equal(meter.offset, 104);
  assert.equal(percentile([5, 1, 3], 50), 3);
});
