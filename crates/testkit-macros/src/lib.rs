//! The attribute macro of embroker-testkit, which documents and re-exports it.
//!
//! From one async body it makes a module of tests, one for each backend. The body itself stays where it is.

use proc_macro::TokenStream;
use proc_macro2::TokenStream as Tokens;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::{Attribute, Expr, Ident, ItemFn, Token, parse_macro_input, parse_quote};

/// See `embroker_testkit::test`.
#[proc_macro_attribute]
pub fn test(options: TokenStream, item: TokenStream) -> TokenStream {
    let options = parse_macro_input!(options as Options);
    let body = parse_macro_input!(item as ItemFn);
    expand(options, body).unwrap_or_else(syn::Error::into_compile_error).into()
}

#[derive(Default)]
struct Options {
    /// The backends that are named; both where none is.
    mem: bool,
    redis: bool,
    with: Option<Expr>,
}

impl Parse for Options {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut options = Self::default();
        while !input.is_empty() {
            let name: Ident = input.parse()?;
            let twice = match name.to_string().as_str() {
                "mem" => std::mem::replace(&mut options.mem, true),
                "redis" => std::mem::replace(&mut options.redis, true),
                "with" => {
                    input.parse::<Token![=]>()?;
                    options.with.replace(input.parse()?).is_some()
                }
                _ => return Err(syn::Error::new(name.span(), "expected `mem`, `redis` or `with = <builder>`")),
            };
            if twice {
                return Err(syn::Error::new(name.span(), format!("`{name}` is given twice")));
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(options)
    }
}

fn expand(options: Options, mut body: ItemFn) -> syn::Result<Tokens> {
    if body.sig.asyncness.is_none() || body.sig.inputs.len() != 1 {
        let message = "a test is an `async fn` of one argument, the `TestBroker`";
        return Err(syn::Error::new_spanned(&body.sig, message));
    }
    // What is said to libtest goes to the tests, what is said of the code to both.
    let of_tests =
        |attribute: &Attribute| ["ignore", "should_panic"].iter().any(|name| attribute.path().is_ident(name));
    let (tests_only, kept): (Vec<_>, Vec<_>) = body.attrs.drain(..).partition(of_tests);
    let conditions: Vec<_> = kept.iter().filter(|attribute| attribute.path().is_ident("cfg")).cloned().collect();
    body.attrs = kept;
    body.attrs.push(parse_quote!(#[allow(dead_code, reason = "not every build has the tests that call it")]));

    let name = &body.sig.ident;
    let both = options.mem == options.redis;
    let builder = options.with.map_or_else(|| quote!(::embroker_testkit::TestBroker::builder()), |with| quote!(#with));
    let mem = (both || options.mem).then(|| {
        quote! {
            #(#tests_only)*
            #[::core::prelude::v1::test]
            fn mem() {
                ::embroker_testkit::run(::embroker_testkit::Backend::Mem, builder(), super::#name);
            }
        }
    });
    let redis = (both || options.redis).then(|| {
        let ignored = (!server_found() && !is_set_to_one("EMBROKER_REQUIRE_REDIS")).then(|| {
            quote! { #[ignore = "no redis-server was found when this was compiled"] }
        });
        quote! {
            ::embroker_testkit::__where_redis! {
                // Named here so that a change of them compiles this anew.
                const _: (Option<&str>, Option<&str>) =
                    (option_env!("EMBROKER_REDIS_SERVER"), option_env!("EMBROKER_REQUIRE_REDIS"));

                #(#tests_only)*
                #ignored
                #[::core::prelude::v1::test]
                fn redis() {
                    ::embroker_testkit::run(::embroker_testkit::Backend::Redis, builder(), super::#name);
                }
            }
        }
    });
    Ok(quote! {
        #body

        #(#conditions)*
        #[cfg(test)]
        mod #name {
            #[allow(unused_imports, reason = "the builder's expression may name what stands around the test")]
            use super::*;

            fn builder() -> ::embroker_testkit::TestBrokerBuilder {
                #builder
            }

            #mem
            #redis
        }
    })
}

/// Whether a redis-server is there to be started, as embroker-testkit starts it.
fn server_found() -> bool {
    let program = std::env::var_os("EMBROKER_REDIS_SERVER").unwrap_or_else(|| "redis-server".into());
    let path = std::path::Path::new(&program);
    if path.components().count() > 1 {
        return path.is_file();
    }
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|place| place.join(&program).is_file()))
}

fn is_set_to_one(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| value == "1")
}
