"""The ticket shop with redis-py: one writer of purchase events, and many readers on threads of their own.

python ticket_shop.py HOST PORT PROTOCOL
"""

import fnmatch
import queue
import sys
import threading
import time

import redis
from steps import run

HOST, PORT, PROTOCOL = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
# So many purchases are in the shop's books; each listener waits until it has heard of its own.
PURCHASES = [
    {"order_id": f"order-{n}", "event": event, "who": who, "qty": qty, "cost": cost, "ts": n * 3600}
    for n, (event, who, qty, cost) in enumerate(
        [
            ("Womens Judo", "jamie", 2, 40.5),
            ("Mens 4x400", "kim", 1, 25),
            ("Opening Ceremony", "jamie", 4, 180.25),
            ("Closing Ceremony", "lee", 6, 120),
            ("Opening Ceremony", "kim", 1, 45),
            ("Mens 4x400", "lee", 200, 5000),
            ("Womens Judo", "lee", 100, 2025),
            ("Closing Ceremony", "jamie", 3, 60.125),
            ("Opening Ceremony", "lee", 2, 90),
        ]
    )
]

r = redis.Redis(host=HOST, port=PORT, protocol=PROTOCOL, decode_responses=True)


def post_purchase(purchase):
    order_id = purchase["order_id"]
    r.hset("purchase_order_details:" + order_id, mapping=purchase)
    return [
        r.publish("purchase_orders", order_id),
        r.publish("purchase_orders:" + purchase["event"], order_id),
    ]


def details(message):
    return r.hgetall("purchase_order_details:" + message["data"])


def sales_analytics(message):
    order = details(message)
    hour_of_day = time.gmtime(int(order["ts"])).tm_hour
    change = ["INCRBY", "u8", (hour_of_day + 1) * 8, order["qty"]]
    p = r.pipeline()
    p.execute_command("BITFIELD", "sales_histogram:time_of_day", *change)
    p.execute_command("BITFIELD", "sales_histogram:time_of_day:" + order["event"], *change)
    p.execute()


def events_analytics(message):
    order = details(message)
    event = order["event"]
    p = r.pipeline()
    p.sadd("sales:" + event, message["data"])
    p.hincrbyfloat("sales_summary", event + ":total_sales", order["cost"])
    p.hincrby("sales_summary", event + ":total_tickets_sold", order["qty"])
    p.execute()


def customer_purchases(message):
    p = r.pipeline()
    p.sadd("invoices:" + details(message)["who"], message["data"])
    p.execute()


alerts = queue.Queue()


def opening_alerter(message):
    alerts.put(("opening", message["channel"], message["data"]))


def ceremony_alerter(message):
    alerts.put((message["pattern"], message["channel"], message["data"]))


def listen(pubsub, handle, count):
    """As each listener of the shop: blocks until a purchase is published, and does its work on it."""
    for message in pubsub.listen():
        handle(message)
        count -= 1
        if count == 0:
            pubsub.close()
            return


def start(handle, channel=None, pattern=None):
    name = channel or pattern
    count = sum(
        name == "purchase_orders" or fnmatch.fnmatchcase("purchase_orders:" + purchase["event"], name)
        for purchase in PURCHASES
    )
    pubsub = r.pubsub()
    if channel:
        pubsub.subscribe(channel)
    else:
        pubsub.psubscribe(pattern)
    # Redis confirms before the shop opens, so that no listener misses a purchase.
    assert pubsub.get_message(timeout=10)["type"] in ("subscribe", "psubscribe")
    thread = threading.Thread(target=listen, args=(pubsub, handle, count), daemon=True)
    thread.start()
    return thread


def a_day_at_the_shop():
    r.flushall()
    listeners = [start(handle, "purchase_orders") for handle in (sales_analytics, events_analytics, customer_purchases)]
    listeners.append(start(opening_alerter, channel="purchase_orders:Opening Ceremony"))
    listeners.append(start(ceremony_alerter, pattern="purchase_orders:* Ceremony"))
    assert r.pubsub_numsub("purchase_orders") == [("purchase_orders", 3)]
    assert r.pubsub_numpat() == 1

    received = [post_purchase(purchase) for purchase in PURCHASES]
    assert received == [
        [3, {"Opening Ceremony": 2, "Closing Ceremony": 1}.get(purchase["event"], 0)] for purchase in PURCHASES
    ], received
    for listener in listeners:
        listener.join(timeout=20)
        assert not listener.is_alive(), "a listener waits for more"


def the_books_are_right():
    summary = r.hgetall("sales_summary")
    assert summary == {
        "Womens Judo:total_sales": "2065.5",
        "Womens Judo:total_tickets_sold": "102",
        "Mens 4x400:total_sales": "5025",
        "Mens 4x400:total_tickets_sold": "201",
        "Opening Ceremony:total_sales": "315.25",
        "Opening Ceremony:total_tickets_sold": "7",
        "Closing Ceremony:total_sales": "180.125",
        "Closing Ceremony:total_tickets_sold": "9",
    }, summary
    assert r.smembers("sales:Opening Ceremony") == {"order-2", "order-4", "order-8"}
    assert r.smembers("invoices:jamie") == {"order-0", "order-2", "order-7"}
    assert r.sinter("invoices:lee", "sales:Opening Ceremony") == {"order-8"}
    assert r.sunion("invoices:jamie", "invoices:kim") == {"order-0", "order-1", "order-2", "order-4", "order-7"}
    assert r.scard("invoices:lee") == 4


def the_histogram_has_each_hour():
    hours = r.bitfield("sales_histogram:time_of_day")
    for hour in range(24):
        hours.get("u8", (hour + 1) * 8)
    sold = [2, 1, 4, 6, 1, 200, 100, 3, 2]
    assert hours.execute() == sold + [0] * 15
    assert r.execute_command("BITFIELD", "sales_histogram:time_of_day:Mens 4x400", "GET", "u8", "#6") == [200]
    # A u8 wraps around unless it is told to stay at its most.
    busy = r.bitfield("sales_histogram:time_of_day", default_overflow="SAT")
    assert busy.incrby("u8", "#6", 100).execute() == [255]


def the_alerts_were_for_ceremonies():
    seen = sorted(alerts.get_nowait() for _ in range(alerts.qsize()))
    opening, closing = "purchase_orders:Opening Ceremony", "purchase_orders:Closing Ceremony"
    assert seen == sorted(
        [("opening", opening, order) for order in ("order-2", "order-4", "order-8")]
        + [("purchase_orders:* Ceremony", opening, order) for order in ("order-2", "order-4", "order-8")]
        + [("purchase_orders:* Ceremony", closing, order) for order in ("order-3", "order-7")]
    ), seen


def nobody_listens_any_more():
    # A connection that a listener closed is gone when the server has noticed: PUBLISH tells.
    deadline = time.monotonic() + 10
    while r.pubsub_channels() or r.pubsub_numpat():
        assert time.monotonic() < deadline, r.pubsub_channels()
    assert r.publish("purchase_orders", "late") == 0


if __name__ == "__main__":
    run(
        a_day_at_the_shop,
        the_books_are_right,
        the_histogram_has_each_hour,
        the_alerts_were_for_ceremonies,
        nobody_listens_any_more,
    )
