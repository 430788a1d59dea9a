"""What holds the back office together; what each app shows in it stands in the app's own `admin`.

look      title, colours, pages of the sidebar
names     what things are called, in both languages
home      the first page, the sidebar with its numbers, the operator's own links
today     the figures: today's trade, and what waits
rhythms   beat's schedules, changed with a reason
finding   the search over everything
"""
