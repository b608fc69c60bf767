//! embroker with the feature `mem` alone.

#![cfg(all(feature = "only-mem", not(feature = "only-redis")))]

#[tokio::test]
async fn a_url_whose_feature_is_off_names_the_feature() {
    for url in ["redis://127.0.0.1:6379", "redis+unix:///tmp/redis.sock"] {
        let error = embroker::connect(url).await.unwrap_err();
        let scheme = url.split("://").next().unwrap();
        let expected = format!("{scheme}:// needs embroker's feature `redis`: enable it in Cargo.toml");
        assert_eq!(error, embroker::Error::Config(expected));
    }
    assert!(embroker::connect("mem://").await.is_ok());
}

#[tokio::test]
async fn tls_is_refused_as_such_and_no_feature_is_named_for_it() {
    let error = embroker::connect("rediss://localhost").await.unwrap_err();
    let expected = "Redis over TLS is not supported yet: write redis://[user:password@]host[:port][/database]";
    assert_eq!(error, embroker::Error::Config(expected.into()));
}

#[test]
fn the_default_broker_is_in_memory() {
    let _: embroker::DefaultBroker = embroker::MemBroker::new();
}
