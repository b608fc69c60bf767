//! embroker with the feature `redis` alone.

#![cfg(all(feature = "only-redis", not(feature = "only-mem")))]

#[tokio::test]
async fn a_url_whose_feature_is_off_names_the_feature() {
    for url in ["mem://", "mem://name"] {
        let error = embroker::connect(url).await.unwrap_err();
        let expected = "mem:// needs embroker's feature `mem`: enable it in Cargo.toml";
        assert_eq!(error, embroker::Error::Config(expected.into()));
    }
}

#[tokio::test]
async fn tls_is_refused_as_such_and_no_feature_is_named_for_it() {
    let error = embroker::connect("rediss://localhost").await.unwrap_err();
    let expected = "Redis over TLS is not supported yet: write redis://[user:password@]host[:port][/database]";
    assert_eq!(error, embroker::Error::Config(expected.into()));
}

#[test]
fn the_default_broker_is_a_real_redis() {
    let _: Option<embroker::DefaultBroker> = None::<embroker::RedisBroker>;
}
