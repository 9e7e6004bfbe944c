"""The words of the comparison page."""

from __future__ import annotations

from collections.abc import Mapping

COMPARE_TEXTS: Mapping[str, tuple[str, str, str]] = {
    # key: French, English, Chinese
    "compare": ("Comparer", "Compare", "对比"),
    "compare_tagline": (
        "La même question, étape par étape, langue par langue.",
        "The same question, stage by stage and language by language.",
        "同一问题，逐阶段、逐语言对比。",
    ),
    "view": ("Comparaison", "Comparison", "对比方式"),
    "view_stages": ("Quatre étapes", "Four stages", "四个阶段"),
    "view_languages": ("Trois langues", "Three languages", "三种语言"),
    "view_tokens": ("Découpage", "Tokens", "分词"),
    "view_models": ("Deux modèles", "Two models", "两个模型"),
    "models_build": (
        "La bibliothèque du second encodeur manque ou n’a pas les mêmes articles : arrêtez la page, lancez {command} "
        "avec les mêmes réglages, puis rouvrez-la.",
        "The second encoder’s library is missing or has other articles: stop the page, run {command} with the same "
        "settings, and open it again.",
        "第二个编码器的资料库不存在或文章不一致：请停止页面，用相同设置运行 {command}，然后重新打开。",
    ),
    "models_by_article": (
        "Chaque encodeur découpe les articles à sa façon : la comparaison porte sur les articles.",
        "Each encoder has its own passages, so it is articles that are compared.",
        "各编码器的段落切分不同，因此按文章进行对比。",
    ),
    "only_here": ("seulement ici", "only here", "仅此处"),
    "overlap_line": (
        "Les {count} premiers en commun : {figures}",
        "First {count} in common: {figures}",
        "前 {count} 名重合度：{figures}",
    ),
    "bias_title": ("Part de chaque langue", "Share of each language", "各语言占比"),
    "bias_library": ("bibliothèque", "library", "资料库"),
    "bias_pool": ("candidats", "candidates", "候选"),
    "bias_distance": ("écart", "distance", "偏差"),
    "bias_help": (
        "Écart : demi-somme des différences avec les parts de la bibliothèque ; 0 = mêmes parts, 100 % = rien en "
        "commun. Pour une seule question, un écart peut venir du sujet ; le biais se juge sur un jeu de questions "
        "(LAReQA, Roy et al. 2020 : précision moyenne sur un fonds multilingue).",
        "Distance: half the sum of the differences from the library’s shares; 0 = the same shares, 100 % = nothing in "
        "common. For one question it may come from the topic; bias is judged over a set of questions "
        "(LAReQA, Roy et al. 2020: mean average precision over a pool of all languages).",
        "偏差：与资料库占比之差的绝对值之和的一半；0 表示占比相同，100% 表示毫无重合。单个问题的偏差可能源于主题；"
        "应在问题集上判断语言偏见（LAReQA，Roy 等，2020：多语言混合库上的平均精度均值）。",
    ),
    "parallel_fr": ("La question en français", "The question in French", "法语问题"),
    "parallel_en": ("La question en anglais", "The question in English", "英语问题"),
    "parallel_zh": ("La question en chinois", "The question in Chinese", "中文问题"),
    "parallel_run": ("Comparer les trois", "Compare the three", "对比三者"),
    "parallel_example": ("Prendre une question d’exemple", "Take a sample question", "选择示例问题"),
    "parallel_choose": ("Choisissez une question", "Choose a question", "请选择问题"),
    "parallel_need": (
        "Écrivez la question dans au moins deux langues.",
        "Write the question in at least two languages.",
        "请至少用两种语言输入问题。",
    ),
    "agreement": (
        "Accord des {count} premiers, de 0 à 1 (RBO, p = 0,9 ; Webber, Moffat et Zobel 2010) : {figures}",
        "Agreement of the first {count}, from 0 to 1 (RBO, p = 0.9; Webber, Moffat and Zobel 2010): {figures}",
        "前 {count} 名的一致程度，0 至 1（RBO，p = 0.9；Webber、Moffat 与 Zobel，2010）：{figures}",
    ),
    "tokens_text": ("Texte à découper", "Text to cut", "要切分的文本"),
    "tokens_words": (
        "Mots cherchés, et nombre d’articles qui les contiennent",
        "Words looked up, and how many articles contain each",
        "检索用词，以及包含该词的文章数",
    ),
    "tokens_help": (
        "En gras, les articles qui contiennent le mot ; ensuite, dans chaque autre langue, ceux qui contiennent l’une "
        "de ses traductions (– : aucune connue). Chaque nombre porte sur {most} passages au plus.",
        "In bold the articles that contain the word; then, in each other language, those that contain one of its "
        "translations (–: none known). Each number looks at {most} passages at most.",
        "粗体为包含该词的文章数；其后为其他各语言中包含其某个译词的文章数（–：没有已知译词）。"
        "每个数字最多查看 {most} 个段落。",
    ),
    "tokens_pieces": (
        "Morceaux que lit l’encodeur du sens",
        "Pieces the encoder of meaning reads",
        "语义编码器读取的片段",
    ),
    "tokens_none": ("aucun mot", "no word", "没有词语"),
}
