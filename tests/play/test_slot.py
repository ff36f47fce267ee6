import threading

from worldsdk.play.slot import NewestSlot


def test_the_newest_wins_and_what_was_lost_is_counted():
    slot = NewestSlot[int]()
    assert slot.take() is None
    for value in (1, 2, 3):
        slot.put(value)
    assert slot.take() == 3 and slot.dropped == 2
    assert slot.take() is None and slot.take(timeout=0.01) is None


def test_values_arrive_in_order_across_threads():
    slot = NewestSlot[int]()
    giver = threading.Thread(target=lambda: [slot.put(value) for value in range(2000)])
    giver.start()
    seen = []
    while not seen or seen[-1] != 1999:
        value = slot.take(timeout=1.0)
        if value is not None:
            seen.append(value)
    giver.join()
    assert seen == sorted(set(seen)) and len(seen) + slot.dropped == 2000
