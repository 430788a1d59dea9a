"""What beat asks of webhooks. The database holds the work; a broker that forgets loses nothing."""

from celery import shared_task

from .services import retention, sender


@shared_task(name="webhooks.send")
def send() -> None:
    """Have this worker send what is due, beside its other work."""
    sender.start()


@shared_task(name="webhooks.forget")
def forget() -> int:
    """Delete attempts, deliveries and events that are older than they are kept."""
    return retention.forget()
