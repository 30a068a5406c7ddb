"""The routes, one module per resource: read the request, call the use case, show the result."""

from typing import Final

from litestar.handlers import HTTPRouteHandler

from adapters.http.resources import (
    analytics,
    attendance,
    availability,
    bookings,
    calendar,
    checkout,
    credit_accounts,
    disputes,
    earnings,
    me,
    order_cancellations,
    orders,
    payouts,
    practitioners,
    refunds,
    reviews,
    room_tokens,
    services,
    session_moves,
    sessions,
    transfers,
    waitlist,
    webhook_subscriptions,
)

ROUTES: Final[tuple[HTTPRouteHandler, ...]] = (
    *practitioners.ROUTES,
    *services.ROUTES,
    *sessions.ROUTES,
    *checkout.ROUTES,
    *orders.ROUTES,
    *refunds.ROUTES,
    *order_cancellations.ROUTES,
    *bookings.ROUTES,
    *credit_accounts.ROUTES,
    *earnings.ROUTES,
    *disputes.ROUTES,
    *payouts.ROUTES,
    *session_moves.ROUTES,
    *attendance.ROUTES,
    *reviews.ROUTES,
    *room_tokens.ROUTES,
    *availability.ROUTES,
    *calendar.ROUTES,
    *analytics.ROUTES,
    *waitlist.ROUTES,
    *transfers.ROUTES,
    *me.ROUTES,
    *webhook_subscriptions.ROUTES,
)
"""Everything under the API's base path that every deployment has."""
