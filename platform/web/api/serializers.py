"""What is asked and what is shown."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers


class Asked(serializers.Serializer[Any]):
    """A body. What it does not know it refuses: a field with a typing mistake must not be ignored."""

    def to_internal_value(self, data: Any) -> Any:
        """The values by field. Raises ValidationError, also for fields that are not there."""
        if isinstance(data, Mapping):
            strange = [name for name in data if name not in self.fields]
            if strange:
                raise serializers.ValidationError(
                    {str(name)[:60]: [_("There is no such field.")] for name in strange[:20]}
                )
        return super().to_internal_value(data)


class Shown(serializers.Serializer[Any]):
    """An object as the API shows it. Every field is always there."""
