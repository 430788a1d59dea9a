"""Pages of the sale, one file a thing that a buyer does."""
