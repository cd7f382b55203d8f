"""OFREP: flags over HTTP, for the OpenFeature SDKs of any language."""
