"""The routes, one module for each kind of thing."""

from signpost.api.routes import (
    actions,
    analysis_plans,
    branding,
    clients,
    experiments,
    feature_flags,
    log_streams,
    logs,
    metrics,
    results,
    segments,
    variations,
)

ROUTERS = (
    experiments.router,
    results.router,
    analysis_plans.router,
    feature_flags.router,
    variations.router,
    segments.router,
    metrics.router,
    logs.router,
    logs.users_router,
    log_streams.router,
    actions.router,
    clients.router,
    branding.router,
)
