//! The routes, and what is behind them.

use std::time::{SystemTime, UNIX_EPOCH};

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use embroker::{AnyBroker, Error, prelude::*};
use embroker_listeners::ticket_shop::{Order, Report, ShopError, post_purchase};
use serde::{Deserialize, Serialize};

/// What tickets are sold for.
pub(crate) const EVENTS: [&str; 4] = ["Womens Judo", "Mens 4x400", "Opening Ceremony", "Closing Ceremony"];

/// Dollars a ticket.
const PRICE: u32 = 20;

/// The names of all customers.
const CUSTOMERS: &str = "axum_shop:customers";

/// What all handlers share. Clones are the same shop.
#[derive(Clone)]
pub(crate) struct Shop {
    broker: AnyBroker,
}

/// What a customer asks for.
#[derive(Debug, Deserialize, Serialize)]
pub(crate) struct Purchase {
    pub(crate) event: String,
    pub(crate) who: String,
    pub(crate) qty: u32,
}

/// What a customer gets.
#[derive(Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct Receipt {
    pub(crate) order_id: String,
    pub(crate) cost: u32,
}

/// Why a request failed.
pub(crate) enum Refusal {
    Purchase(&'static str),
    Shop(ShopError),
}

pub(crate) fn router(shop: Shop) -> Router {
    Router::new().route("/purchases", post(buy)).route("/report", get(report)).with_state(shop)
}

impl Shop {
    pub(crate) fn new(broker: AnyBroker) -> Self {
        Self { broker }
    }
}

async fn buy(State(Shop { broker }): State<Shop>, Json(purchase): Json<Purchase>) -> Result<Json<Receipt>, Refusal> {
    let Purchase { event, who, qty } = purchase;
    if !EVENTS.contains(&&*event) {
        return Err(Refusal::Purchase("there is no such event"));
    }
    if !(1..=9).contains(&qty) || who.is_empty() {
        return Err(Refusal::Purchase("1 to 9 tickets for somebody with a name"));
    }
    let order_id = broker.incr("axum_shop:orders").await?.to_string();
    broker.sadd(CUSTOMERS, [&who]).await?;
    let ts = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_secs() as i64);
    let cost = qty * PRICE;
    let order = Order { order_id: order_id.clone(), event, who, qty, cost: f64::from(cost), ts };
    post_purchase(&broker, &order).await?;
    Ok(Json(Receipt { order_id, cost }))
}

async fn report(State(Shop { broker }): State<Shop>) -> Result<Json<Report>, Refusal> {
    let customers = broker.smembers(CUSTOMERS).await?;
    let customers: Vec<String> = customers.iter().map(|who| String::from_utf8_lossy(who).into_owned()).collect();
    Ok(Json(Report::read(&broker, EVENTS, customers).await?))
}

impl From<ShopError> for Refusal {
    fn from(error: ShopError) -> Self {
        Self::Shop(error)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Shop(error.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        match self {
            Self::Purchase(why) => (StatusCode::UNPROCESSABLE_ENTITY, format!("{why}\n")).into_response(),
            // The customer may try again; what went wrong is for the shop's own log.
            Self::Shop(error) => {
                eprintln!("{error}");
                (StatusCode::SERVICE_UNAVAILABLE, "the shop is closed, try again later\n").into_response()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::body::{Body, to_bytes};
    use axum::http::Request;
    use embroker::MemBroker;
    use embroker_listeners::Runner;
    use embroker_listeners::ticket_shop::{CustomerPurchases, EventsAnalytics, SalesAnalytics};
    use tower::ServiceExt as _;

    use super::*;

    async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, Vec<u8>) {
        let response = router.clone().oneshot(request).await.unwrap();
        let status = response.status();
        (status, to_bytes(response.into_body(), 1 << 20).await.unwrap().to_vec())
    }

    fn purchase(event: &str, who: &str, qty: u32) -> Request<Body> {
        let purchase = Purchase { event: event.into(), who: who.into(), qty };
        let body = serde_json::to_vec(&purchase).unwrap();
        Request::post("/purchases").header("content-type", "application/json").body(body.into()).unwrap()
    }

    #[tokio::test]
    async fn purchases_are_in_the_report_once_the_listeners_have_heard_of_them() {
        let broker = AnyBroker::new(MemBroker::new());
        let runner = Runner::new(broker.clone()).listen(SalesAnalytics).listen(EventsAnalytics);
        let running = runner.listen(CustomerPurchases).start().await.unwrap();
        let router = router(Shop::new(broker));

        let (status, body) = answer(&router, purchase("Womens Judo", "Jamie", 2)).await;
        assert_eq!(status, StatusCode::OK);
        let receipt: Receipt = serde_json::from_slice(&body).unwrap();
        assert_eq!(receipt, Receipt { order_id: "1".into(), cost: 40 });
        answer(&router, purchase("Womens Judo", "Amy", 3)).await;
        assert!(running.shutdown().await.is_clean());

        let (status, body) = answer(&router, Request::get("/report").body(Body::empty()).unwrap()).await;
        let report: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(status, StatusCode::OK);
        assert_eq!((&report["orders"], &report["tickets"], &report["sales"]), (&2.into(), &5.into(), &100.0.into()));
        assert_eq!(report["invoices"], serde_json::json!({ "Amy": 1, "Jamie": 1 }));
    }

    #[tokio::test]
    async fn what_is_not_for_sale_is_refused() {
        let router = router(Shop::new(AnyBroker::new(MemBroker::new())));
        for (event, who, qty) in [("Chess", "Jamie", 1), ("Womens Judo", "", 1), ("Womens Judo", "Jamie", 10)] {
            assert_eq!(answer(&router, purchase(event, who, qty)).await.0, StatusCode::UNPROCESSABLE_ENTITY);
        }
    }
}
