"""Django's PostgreSQL backend with a cheaper health check (`ENGINE` of the settings)."""
