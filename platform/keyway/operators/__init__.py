"""What holds the back office together; what each app shows in it stands in the app's own `admin`.

look      title, colours and sidebar
names     what things are called, in both languages
badges    how many wait, in the sidebar
today     the figures of the first page
finding   the search over everything
"""
